import type { Disk } from '../machine.ts'
import type { ApprovedDisk } from './choice-request.ts'

/** One disk, and the other names under which the kernel shows it: a drive with two ports is one drive. */
export interface SeenDisk {
  readonly disk: Disk
  readonly alsoAs: readonly string[]
}

/** The same WWN, serial and size is the same disk. Which of its ports is named does not depend on their order. */
export function uniteDualPorts(disks: readonly Disk[]): SeenDisk[] {
  const groups = Map.groupBy(disks, (disk) =>
    disk.wwn === undefined
      ? `name ${disk.name}`
      : JSON.stringify([disk.wwn, disk.serial, disk.sizeBytes]),
  )
  return [...groups.values()].flatMap((group) => {
    const [disk, ...others] = group.toSorted(byPort)
    return disk === undefined ? [] : [{ disk, alsoAs: others.map(({ name }) => name) }]
  })
}

function byPort(left: Disk, right: Disk): number {
  const port = ({ physicalPath = '', name }: Disk) => `${physicalPath} ${name}`
  return port(left) < port(right) ? -1 : 1
}

/** Whether serial or WWN tell this disk from every other one of the machine. */
export function hasIdentity(disk: Disk, all: readonly Disk[]): boolean {
  return (['wwn', 'serial'] as const).some(
    (fact) =>
      disk[fact] !== undefined && all.filter((other) => other[fact] === disk[fact]).length === 1,
  )
}

/** What makes `found` another disk than `expected`; a slot counts only where nothing better is known. */
export function identityDifferences(
  expected: Pick<ApprovedDisk, 'serial' | 'wwn' | 'physicalPath' | 'sizeBytes'>,
  found: Disk,
): string[] {
  const nameless = expected.serial === undefined && expected.wwn === undefined
  const facts = [
    'serial',
    'wwn',
    'sizeBytes',
    ...(nameless ? ['physicalPath' as const] : []),
  ] as const
  return facts
    .filter((fact) => expected[fact] !== found[fact])
    .map((fact) => `${fact} was ${expected[fact] ?? 'absent'}, is ${found[fact] ?? 'absent'}`)
}
