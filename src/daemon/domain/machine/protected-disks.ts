import type { Disk, Machine } from '../../../contract/machine.ts'

/**
 * The disks that a rule named as data disks stay protected on this machine, whatever a later workflow
 * says, until a person takes that back. One without serial and WWN only its rule can keep.
 */
export function protectedAlso(
  { protectedDisks = [] }: Machine,
  dataDisks: readonly Disk[],
): Pick<Machine, 'protectedDisks'> {
  const names = dataDisks.flatMap(({ serial, wwn }) => serial ?? wwn ?? [])
  const all = [...new Set([...protectedDisks, ...names])]
  return all.length === 0 ? {} : { protectedDisks: all }
}

/** What a person protects, or gives up. */
export function protectedAfter(
  { protectedDisks = [] }: Machine,
  protect: readonly string[] = [],
  unprotect: readonly string[] = [],
): Pick<Machine, 'protectedDisks'> {
  const all = new Set([...protectedDisks, ...protect])
  for (const name of unprotect) all.delete(name)
  return all.size === 0 && protectedDisks.length === 0 ? {} : { protectedDisks: [...all] }
}
