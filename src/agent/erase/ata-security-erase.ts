import { messageOf } from '../../base/coded-error.ts'
import type { Disk } from '../../contract/machine.ts'
import { runTool } from '../linux/run-tool.ts'
import { DriveEraseError } from './errors.ts'

/**
 * ATA wants a password before it erases, and forgets it with the data. Where the power fails in between,
 * the drive is locked with this one, and the next try goes on with it (hdparm(8)).
 */
const password = 'repave'

/** What `hdparm -I` says of a drive's security. */
export interface AtaSecurity {
  readonly isSupported: boolean
  readonly isEnabled: boolean
  /** Firmware froze it before it started us: only a power cycle helps. */
  readonly isFrozen: boolean
  readonly hasEnhanced: boolean
}

/** The lines below `Security:`, each with a leading `not` where it does not hold. */
export function readAtaSecurity(identify: string): AtaSecurity {
  const section = /^Security:.*\n((?:[ \t].*(?:\n|$))*)/m.exec(identify)?.[1] ?? ''
  const has = (word: string) => new RegExp(`^\\s+${word}`, 'm').test(section)
  return {
    isSupported: has('supported\\s*$'),
    isEnabled: has('enabled\\s*$'),
    isFrozen: has('frozen\\s*$'),
    hasEnhanced: has('supported: enhanced erase'),
  }
}

/**
 * Has a SATA drive erase itself, sectors it has taken out of use included where it can.
 *
 * @throws {DriveEraseError} where it cannot, or would not
 */
export async function eraseAta(disk: Disk, absolutePath: string): Promise<void> {
  const hdparm = (...args: string[]) =>
    runTool('hdparm', [...args, absolutePath], { longestMs: longestEraseMs }).catch(
      (error: unknown) => {
        throw new DriveEraseError(disk.path, messageOf(error))
      },
    )
  const security = readAtaSecurity((await hdparm('-I')).toString())
  if (!security.isSupported) throw new DriveEraseError(disk.path, 'it has no security erase')
  if (security.isFrozen) {
    throw new DriveEraseError(disk.path, 'firmware has frozen it; switch the machine off and on')
  }
  const asUser = ['--user-master', 'u']
  if (!security.isEnabled) await hdparm(...asUser, '--security-set-pass', password)
  const erase = security.hasEnhanced ? '--security-erase-enhanced' : '--security-erase'
  try {
    await hdparm(...asUser, erase, password)
  } catch (error) {
    // A drive that keeps its data shall not keep a password as well.
    await hdparm(...asUser, '--security-disable', password).catch(() => undefined)
    throw error
  }
}

/** Large drives overwrite themselves to erase. */
const longestEraseMs = 48 * 3_600_000
