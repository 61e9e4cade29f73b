import type { Logger } from '../../../base/logger.ts'
import type { ServedInterface } from '../../domain/lease/select-subnet.ts'
import type { DhcpReport } from './dhcp-report.ts'
import type { DhcpMode } from './dhcp-role.ts'
import type { ForeignServer, ForeignWatch } from './foreign/foreign-watch.ts'
import { lookForServers } from './foreign/look-for-servers.ts'

const loopback = 'lo'

export interface RoleQuestion {
  readonly mode: DhcpMode
  readonly place: ServedInterface
  /** Absent where the system lets us not look. */
  readonly watch: ForeignWatch | undefined
  /** We lent addresses here before: whoever answers beside us came later. */
  readonly hasLeases: boolean
  readonly report: Pick<DhcpReport, 'foreign'>
  readonly logger: Logger
}

/** Looks around before the first address is given, and says what it found and made of it. */
export async function chooseRole(question: RoleQuestion): Promise<'server' | 'proxy'> {
  const { mode, place, watch, hasLeases, report, logger } = question
  const { interfaceName } = place
  const say = (role: 'server' | 'proxy', because: string) => {
    logger.info({ interface: interfaceName, role, because }, 'dhcp role')
    return role
  }
  if (mode !== 'auto') return say(mode, 'it is set so')
  if (hasLeases) return say('server', 'it lent addresses here before')
  if (interfaceName === loopback) return say('server', 'nobody else is on the loopback interface')
  if (watch === undefined) return say('server', 'it may not look for other servers')
  const found = await lookForServers(watch)
  for (const server of found) report.foreign(server, interfaceName)
  if (found.length === 0) return say('server', 'no other DHCP server answers')
  return say('proxy', `${found.map(shown).join(' and ')} gives the addresses here`)
}

function shown({ address, macAddress }: ForeignServer): string {
  return `${address} (${macAddress})`
}
