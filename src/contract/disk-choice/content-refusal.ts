import type { Disk, DiskContents, DiskSignature } from '../machine.ts'
import type { DiskChoiceRequest } from './choice-request.ts'

/** A partition or a file system of this name, or of one that begins with it, keeps its disk. */
export const keepLabel = 'repave-keep'

/** Whether somebody has labelled it so that it is kept. */
export function keepReason({ contents }: Disk): string | undefined {
  if (contents === undefined || 'unreadable' in contents) return undefined
  const kept = namesOn(contents).find((name) => name.toLowerCase().startsWith(keepLabel))
  return kept === undefined ? undefined : `labelled ${kept}: to be kept`
}

/** Why what lies on the disk forbids writing it; undefined when nothing does. */
export function contentRefusal(
  { contents }: Disk,
  all: readonly Disk[],
  request: Pick<DiskChoiceRequest, 'overwrite'>,
): string | undefined {
  if (contents === undefined) return 'nobody has read what lies on it'
  if ('unreadable' in contents) return `cannot be read: ${contents.unreadable}`
  return signaturesOn(contents)
    .filter(({ kind }) => !request.overwrite.includes(kind))
    .map((signature) => sharedReason(signature, all))
    .find((reason) => reason !== undefined)
}

function namesOn(contents: DiskContents): string[] {
  const labels = signaturesOn(contents).map(({ label }) => label)
  const names = contents.partitions.map(({ name }) => name)
  return [...names, ...labels].filter((name) => name !== undefined)
}

function signaturesOn({ signatures, partitions }: DiskContents): DiskSignature[] {
  return [...signatures, ...partitions.flatMap((partition) => partition.signatures)]
}

function sharedReason(
  { kind, set, sharedBy }: DiskSignature,
  all: readonly Disk[],
): string | undefined {
  if (sharedBy !== undefined) return `holds ${kind}: may be in use by ${sharedBy}`
  if (set === undefined) return undefined
  const present = all.reduce((sum, disk) => sum + membersOn(disk, set.id), 0)
  if (present >= set.members) return undefined
  const name = set.name === undefined ? '' : ` "${set.name}"`
  return `holds ${kind}${name}, of whose ${set.members} members only ${present} are in this machine`
}

/** A partition that ends where the disk does shows its signature on both: it counts once. */
function membersOn({ contents }: Disk, setId: string): number {
  if (contents === undefined || 'unreadable' in contents) return 0
  const isMember = ({ set }: DiskSignature) => set?.id === setId
  const onPartitions = contents.partitions.filter(({ signatures }) =>
    signatures.some(isMember),
  ).length
  return Math.max(onPartitions, contents.signatures.some(isMember) ? 1 : 0)
}
