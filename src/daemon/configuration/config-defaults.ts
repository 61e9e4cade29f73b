import { homedir } from 'node:os'
import { join } from 'node:path'

import { GIBIBYTE } from '../../base/byte-size.ts'
import { type Ipv4Address, ipv4FromNumber, ipv4ToNumber } from '../../base/ipv4-address.ts'
import { hostCount, type Ipv4Network } from '../../base/ipv4-network.ts'
import type { HostInterface } from './network-interfaces.ts'
import type { ResolvedSetting, ResolvedSettings } from './resolve-settings.ts'

/** What the defaults depend on. */
export interface DefaultSources {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** 0 for root. */
  readonly userId: number
  readonly interfaces: readonly HostInterface[]
}

/** What holds where nothing is set; address and pool follow from the interface that is `given`. */
export function defaultSettings(
  given: ResolvedSettings,
  sources: DefaultSources,
): ResolvedSettings {
  const builtIn = (value: unknown): ResolvedSetting => ({ value, origin: 'default' })
  const defaults = new Map<string, ResolvedSetting>([
    ['dataDir', builtIn(defaultDataDirectory(sources))],
    ['contentDirs', builtIn([])],
    ['ipxeDir', builtIn('/usr/lib/ipxe')],
    ['dhcp.mode', builtIn('auto')],
    ['dhcp.leaseSeconds', builtIn(3600)],
    ['dhcp.dnsServers', builtIn([])],
    ['dhcp.reservations', builtIn([])],
    ['ports.dhcp', builtIn(67)],
    ['ports.tftp', builtIn(69)],
    ['ports.http', builtIn(8090)],
    ['ports.operator', builtIn('off')],
    ['events.keepDays', builtIn(365)],
    ['events.keepLogDays', builtIn(30)],
    ['machines.tls', builtIn(true)],
    ['operators.address', builtIn('127.0.0.1')],
    ['operators.tls', builtIn(!isLoopback(given.get('operators.address')?.value))],
    ['operators.names', builtIn([])],
    ['operators.origins', builtIn([])],
    ['images.trustedKeys', builtIn([])],
    ['images.allowUnsigned', builtIn(false)],
    ['images.fetchFrom', builtIn([])],
    ['images.requireChecksum', builtIn(false)],
    ['images.largestImageBytes', builtIn(256 * GIBIBYTE)],
    ['writes.daemon', builtIn(100)],
    ['writes.rack', builtIn(100)],
    ['writes.image', builtIn(100)],
    ['newMachines', builtIn('accept')],
    ['hooks', builtIn({})],
    ['logLevel', builtIn('info')],
    ['logFormat', builtIn('auto')],
  ])
  const name = given.get('interface')?.value
  const wanted = given.get('address')?.value
  const addresses = sources.interfaces.find((candidate) => candidate.name === name)?.addresses ?? []
  const own = addresses.find(({ address }) => wanted === undefined || address === wanted)
  if (own !== undefined) {
    const origin = `default, from ${String(name)}`
    const pool = upperHalf(own.network, own.address)
    defaults.set('address', { value: own.address, origin })
    defaults.set('dhcp.poolFirst', { value: pool.first, origin })
    defaults.set('dhcp.poolLast', { value: pool.last, origin })
  }
  return defaults
}

function isLoopback(address: unknown): boolean {
  return typeof address !== 'string' || address.startsWith('127.')
}

export function defaultDataDirectory({
  environment,
  userId,
}: Pick<DefaultSources, 'environment' | 'userId'>): string {
  if (userId === 0) return '/var/lib/repave'
  const base =
    environment['XDG_DATA_HOME'] || join(environment['HOME'] ?? homedir(), '.local/share')
  return join(base, 'repave')
}

/** The upper half of the network without its broadcast address, and without our own at either end. */
function upperHalf(
  network: Ipv4Network,
  own: Ipv4Address,
): { readonly first: Ipv4Address; readonly last: Ipv4Address } {
  const base = ipv4ToNumber(network.address)
  const hosts = hostCount(network)
  const first = base + Math.max(Math.floor(hosts / 2), Math.min(1, hosts - 1))
  const last = base + Math.max(hosts - 2, 0)
  const mine = ipv4ToNumber(own)
  return {
    first: ipv4FromNumber(first === mine && first < last ? first + 1 : first),
    last: ipv4FromNumber(last === mine && last > first ? last - 1 : last),
  }
}
