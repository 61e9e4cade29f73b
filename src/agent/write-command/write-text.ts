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

/**
 * {@link describeProgress}, how long it will take, what the writer waits for, and each rate; the least
 * important last, because a terminal cuts the line.
 */
export function progressLine(progress: WriteProgress, stalledMs: number): string {
  const { bottleneck, provenBytes = 0 } = progress
  const proven = provenBytes === 0 ? [] : [`proven ${formatByteSize(provenBytes)}`]
  return [
    describeProgress(progress),
    ...(stalledMs === 0 ? timeLeft(progress) : [stallText(stalledMs, bottleneck)]),
    ...(stalledMs > 0 || bottleneck === undefined ? [] : [`bound by ${bottleneck}`]),
    ...proven,
    ...rates(progress),
  ].join('  ')
}

function stallText(stalledMs: number, bottleneck: WriteProgress['bottleneck']): string {
  const waiting = bottleneck === undefined ? '' : `, waiting for the ${bottleneck}`
  return `stalled ${Math.round(stalledMs / 1000)} s${waiting}`
}

function timeLeft({ doneBytes, totalBytes, bytesPerSecond }: WriteProgress): string[] {
  if (bytesPerSecond === 0 || doneBytes >= totalBytes) return []
  const seconds = Math.ceil((totalBytes - doneBytes) / bytesPerSecond)
  return [seconds < 120 ? `${seconds} s left` : `${Math.ceil(seconds / 60)} min left`]
}

function rates(progress: WriteProgress): string[] {
  const named = {
    network: progress.networkBytesPerSecond ?? 0,
    decode: progress.decodeBytesPerSecond ?? 0,
    disk: progress.diskBytesPerSecond ?? 0,
  }
  return Object.entries(named)
    .filter(([, rate]) => rate > 0)
    .map(([name, rate]) => `${name} ${formatByteSize(rate)}/s`)
}

/** What the write came to. */
export function outcomeText(image: FoundImage, disk: Disk, totals: WriteTotals): string {
  const proven = totals.readBack === 'complete' ? 'proven' : 'written, not proven'
  return `${image.manifest.name} ${inertText(image.manifest.version)} is on ${disk.path}, ${proven}: ${describeTotals(totals)}`
}
