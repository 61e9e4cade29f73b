import type { Clock } from '../../base/clock.ts'
import type { Digest } from '../../base/digest.ts'
import { type CommitPermit, ImageVerification, matches } from '../../stream/verified.ts'
import { clearRanges, isClear, requireClear } from './clear-ranges.ts'
import type { DiskMedium } from './disk-medium.ts'
import { HeldBack } from './held-back.ts'
import { ChunkTable } from './lanes/chunk-table.ts'
import { LaneCounters } from './lanes/lane-counters.ts'
import { LaneCrew } from './lanes/lane-crew.ts'
import type { ChunkSpan } from './lanes/step-queue.ts'
import { probeChunks } from './probe-chunks.ts'
import type { ProgressMeter } from './progress-meter.ts'
import { cutOut, groupChunks, type PlannedChunk, type WritePlan } from './write-plan.ts'
import { zeroChunks } from './zero-chunks.ts'

export interface WriteImageOptions {
  readonly target: DiskMedium
  readonly plan: WritePlan
  readonly imageDigest: Digest
  /** `http:`, or `file:` for a pack on this machine. */
  readonly packUrl: URL
  /** Lanes that work side by side, each about 30 MiB; one a core is best. */
  readonly laneCount: number
  readonly meter: ProgressMeter
  readonly clock: Clock
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** `delta` looks for what is right already and leaves it; `full` writes everything. Default `delta`. */
  readonly mode?: WriteMode
  /** Default true. Without it the image is written but not proven, and {@link WriteTotals} says so. */
  readonly readBack?: boolean
  /** See {@link PackSource}. */
  readonly patienceMs?: number
  /** See {@link PackSource}. */
  readonly localAddress?: string | undefined
}

export type WriteMode = 'delta' | 'full'

export interface WriteTotals {
  /** What was done: a delta of a disk that holds nothing of the image is a full write. */
  readonly mode: WriteMode
  readonly readBack: CommitPermit['readBack']
  /** With `bytesEqual` this is the size of the image: whole chunks, each counted once. */
  readonly bytesWritten: number
  /** Found right before anything was written, and left as they were. */
  readonly bytesEqual: number
  /** Read from the disk and found right, before or after. */
  readonly bytesReadBack: number
  readonly scanMs: number
  readonly writeMs: number
  readonly readBackMs: number
}

interface WriteSession extends WriteImageOptions {
  readonly crew: LaneCrew
  readonly table: ChunkTable
  readonly heldBack: HeldBack
}

/**
 * Brings an image onto a disk and proves it, in this order:
 *
 * 1. Scan (delta): what is on the disk is read and compared. Nothing is written yet, so a disk that is
 *    right already stays untouched, and one that is interrupted here boots what it booted before.
 * 2. Clear: before any other byte, the ranges that make a disk bootable are zero and on the medium, the
 *    first sector before the rest of them. What of the image belongs there is held back in memory;
 *    nothing else of the image lies in them.
 * 3. Write what differs, then flush, once. Zeros are the disk's own work where it can do that.
 * 4. Read back what was written. What the scan found equal is proven already: it was read from the disk
 *    itself (O_DIRECT) and nothing has been written there since.
 * 5. Commit what was held back, the first sector last and alone: only with the proof that all the rest
 *    is there.
 *
 * So from 2 to 5 nothing on the disk boots, whether it was meant to be new or to stay.
 *
 * @throws {CodedError} of ./errors.ts or ../../stream/verified.ts; the disk then cannot boot
 */
export async function writeImage(options: WriteImageOptions): Promise<WriteTotals> {
  const { plan, meter, clock, laneCount } = options
  const table = ChunkTable.of(plan)
  const heldBack = HeldBack.of(plan.heldBack)
  const counters = LaneCounters.forLanes(laneCount)
  const share = {
    ...{ table: table.memory, heldBack: heldBack.memory, counters: counters.memory },
    ...{ packUrl: options.packUrl.href, patienceMs: options.patienceMs },
    localAddress: options.localAddress,
  }
  await using crew = new LaneCrew({ ...options, share })
  using _following = meter.follow(counters)
  const session = { ...options, crew, table, heldBack }

  const lapMs = stopwatch(clock)
  const { mode, differing } = await scan(session)
  const scanMs = lapMs()
  const isUntouched = differing.length === 0 && (await isClearBehindImage(session))
  if (!isUntouched) await clearAndWrite(session, differing)
  const writeMs = lapMs()
  const permit = await readBack(session, differing)
  const readBackMs = lapMs()
  if (!isUntouched) await commit(session, permit)
  const bytesWritten = sizeOf(differing)
  return {
    ...{ mode, readBack: permit.readBack, bytesWritten },
    bytesEqual: plan.rawBytes - bytesWritten,
    bytesReadBack: permit.verifiedBytes,
    ...{ scanMs, writeMs: writeMs + lapMs(), readBackMs },
  }
}

/** Milliseconds since the last time it was asked, or since it began. */
function stopwatch(clock: Clock): () => number {
  let lastMs = clock.monotonicMs()
  return () => {
    const sinceMs = lastMs
    lastMs = clock.monotonicMs()
    return Math.round(lastMs - sinceMs)
  }
}

/** Which chunks must be written. Where a few probes find nothing of the image, that is all of them. */
async function scan({
  crew,
  table,
  plan,
  meter,
  mode = 'delta',
}: WriteSession): Promise<{ mode: WriteMode; differing: readonly PlannedChunk[] }> {
  const isEqual = (chunk: PlannedChunk) => {
    const measured = table.measured(chunk.index)
    return measured !== undefined && matches(chunk, measured)
  }
  const probes = mode === 'full' ? [] : probeChunks(plan.chunks)
  if (probes.length > 0) {
    meter.begin('scan', plan.rawBytes)
    await crew.run('scan', oneByOne(probes))
  }
  if (!probes.some(isEqual)) {
    for (const { index } of probes) table.forget(index)
    return { mode: 'full', differing: plan.chunks }
  }
  const probed = new Set(probes)
  await crew.run('scan', oneByOne(plan.chunks.filter((chunk) => !probed.has(chunk))))
  meter.end()
  const differing = plan.chunks.filter((chunk) => !isEqual(chunk))
  for (const { index } of differing) table.forget(index)
  return { mode: 'delta', differing }
}

/** Whether nothing is left to clear where tables and signatures may lie beside the image. */
async function isClearBehindImage({ target, plan }: WriteSession): Promise<boolean> {
  for (const range of plan.cleared) {
    for (const part of cutOut(range, { offset: 0, length: plan.rawBytes })) {
      if (!(await isClear(target, part))) return false
    }
  }
  return true
}

async function clearAndWrite(
  session: WriteSession,
  differing: readonly PlannedChunk[],
): Promise<void> {
  const { target, plan, crew, meter, readBack: isReadLater = true } = session
  meter.begin('write', sizeOf(differing))
  meter.enter('disk')
  await clearRanges(target, [{ offset: 0, length: plan.sectorBytes }, ...plan.cleared])
  await requireClear(target, plan.cleared)
  const zeros = differing.filter(({ content }) => content === 'zero')
  const zeroed = await zeroChunks(zeros, { ...session, isReadLater })
  meter.enter('idle')
  const unwritten = differing.filter((chunk) => !zeroed.has(chunk))
  await crew.run('write', groupChunks(unwritten, plan.chunkBytes))
  meter.enter('disk')
  await target.flush()
  meter.enter('idle')
  meter.end()
}

/** Reads what was written, unless that is waived, and judges what was measured of every chunk. */
async function readBack(
  { crew, table, plan, meter, imageDigest, readBack: isRead = true }: WriteSession,
  differing: readonly PlannedChunk[],
): Promise<CommitPermit> {
  if (isRead && differing.length > 0) {
    meter.begin('verify', sizeOf(differing))
    await crew.run('verify', oneByOne(differing))
    meter.end()
  }
  const verification = new ImageVerification(imageDigest, plan.chunks)
  for (const { index } of plan.chunks) {
    const measured = table.measured(index)
    if (measured !== undefined) verification.accept(index, measured)
  }
  if (isRead) return verification.finish()
  for (const { index } of differing) verification.wrote(index)
  return verification.finishWaived()
}

async function commit(
  { target, heldBack, meter, signal }: WriteSession,
  permit: CommitPermit,
): Promise<void> {
  signal.throwIfAborted()
  meter.begin('commit', heldBack.lengthBytes)
  meter.enter('disk')
  await heldBack.commit(target, permit)
  meter.done(heldBack.lengthBytes)
  meter.end()
}

function oneByOne(chunks: readonly PlannedChunk[]): ChunkSpan[] {
  return chunks.map(({ index }) => ({ firstChunk: index, chunkCount: 1 }))
}

function sizeOf(chunks: readonly PlannedChunk[]): number {
  return chunks.reduce((sum, { rawBytes }) => sum + rawBytes, 0)
}
