import { type Disk, type Machine, mostProtectedDisks } from '../../../contract/machine.ts'
import { MachineVerbUnfitError } from './errors.ts'

/**
 * The disks that a rule named as data disks stay protected on this machine, whatever a later workflow
 * says, until a person takes that back. One without serial and WWN only its rule can keep. A machine that
 * goes on inventing disks is heard up to {@link mostProtectedDisks}.
 */
export function protectedAlso(
  { protectedDisks = [] }: Machine,
  dataDisks: readonly Disk[],
): Pick<Machine, 'protectedDisks'> {
  const names = dataDisks.flatMap(({ serial, wwn }) => serial ?? wwn ?? [])
  const all = [...new Set([...protectedDisks, ...names])].slice(0, mostProtectedDisks)
  return all.length === 0 ? {} : { protectedDisks: all }
}

/** What a person protects, or gives up. @throws {MachineVerbUnfitError} for too many */
export function protectedAfter(
  { name: machineName, protectedDisks = [] }: Machine,
  protect: readonly string[] = [],
  unprotect: readonly string[] = [],
): Pick<Machine, 'protectedDisks'> {
  const all = new Set([...protectedDisks, ...protect])
  for (const name of unprotect) all.delete(name)
  if (all.size > mostProtectedDisks) {
    throw new MachineVerbUnfitError(
      `${machineName} would keep ${all.size} disks, at most ${mostProtectedDisks} can be protected`,
      `repave machine set ${machineName} --unprotect SERIAL`,
    )
  }
  return all.size === 0 && protectedDisks.length === 0 ? {} : { protectedDisks: [...all] }
}
