import { inertText } from '../../base/ascii.ts'
import { formatByteSize } from '../../base/byte-size.ts'
import type { Disk, DiskSignature } from '../../contract/machine.ts'
import type { WriteProgress } from '../../contract/run.ts'
import type { WriteTotals } from '../block-writer/write-image.ts'
import type { WritePlan } from '../block-writer/write-plan.ts'
import { describeProgress } from '../status-page.ts'
import { describeTotals } from '../tasks/write-image.ts'
import type { FoundImage } from './find-image.ts'
import type { WriteArguments } from './write-arguments.ts'

/** What is about to happen, and to what. */
export function planLines(
  image: FoundImage,
  disk: Disk,
  plan: WritePlan,
  words: Pick<WriteArguments, 'mode' | 'readBack'>,
): string[] {
  const { name, version, arch } = image.manifest
  const how =
    words.mode === 'full'
      ? 'everything is written'
      : 'what is right already stays, the rest is fetched and written'
  const proof = words.readBack ? 'all of it is read back' : 'NOT read back: nothing is proven'
  return [
    `image    ${name} ${inertText(version)}  ${arch}  ${formatByteSize(plan.rawBytes)}, at most ${formatByteSize(plan.storedBytes)} to fetch`,
    `         ${image.imageDigest}, vouched for by ${image.vouchedBy}`,
    `disk     ${diskText(disk)}`,
    ...contentLines(disk).map((line) => `         ${line}`),
    `write    ${how}; ${proof}`,
  ]
}

/** `/dev/sdb  Samsung SSD 870  serial S5Y1  1.8 TiB`, inert: the drive says so itself. */
export function diskText({ path, model, serial, sizeBytes }: Disk): string {
  const facts = [
    path,
    model === undefined ? [] : inertText(model, 64),
    serial === undefined ? 'no serial' : `serial ${inertText(serial, 64)}`,
    formatByteSize(sizeBytes),
  ]
  return facts.flat().join('  ')
}

function contentLines({ contents, inUseBy }: Disk): string[] {
  const users = inUseBy.length === 0 ? [] : [`in use: ${inUseBy.join(', ')}`]
  if (contents === undefined) return users
  if ('unreadable' in contents) return [...users, `cannot be read: ${contents.unreadable}`]
  const table = contents.partitionTable === 'none' ? [] : [`${contents.partitionTable} table`]
  const partitions = contents.partitions.map(
    ({ number, name, sizeBytes, signatures }) =>
      `partition ${number}  ${formatByteSize(sizeBytes)}  ${[name ?? [], ...signatures.map(signatureText)].flat().join('  ')}`,
  )
  const found = [...users, ...table, ...contents.signatures.map(signatureText), ...partitions]
  return found.length === 0 ? ['nothing that anybody recognises'] : found
}

function signatureText({ kind, label }: DiskSignature): string {
  return label === undefined ? kind : `${kind} "${inertText(label, 64)}"`
}

/** {@link describeProgress}, and what the writer waits for. */
export function progressLine(progress: WriteProgress, stalledMs: number): string {
  const { bottleneck } = progress
  if (stalledMs === 0) {
    return describeProgress(progress) + (bottleneck === undefined ? '' : `  bound by ${bottleneck}`)
  }
  const waiting = bottleneck === undefined ? '' : `, waiting for the ${bottleneck}`
  return `${describeProgress(progress)}  stalled ${Math.round(stalledMs / 1000)} s${waiting}`
}

/** What the write came to. */
export function outcomeText(image: FoundImage, disk: Disk, totals: WriteTotals): string {
  const proven = totals.readBack === 'complete' ? 'proven' : 'written, not proven'
  return `${image.manifest.name} ${inertText(image.manifest.version)} is on ${disk.path}, ${proven}: ${describeTotals(totals)}`
}
