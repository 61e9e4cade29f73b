import { matches } from '../../stream/verified.ts'
import type { DiskMedium } from './disk-medium.ts'
import type { ChunkTable } from './lanes/chunk-table.ts'
import type { LaneCrew } from './lanes/lane-crew.ts'
import { spreadOver } from './probe-chunks.ts'
import type { ProgressMeter } from './progress-meter.ts'
import type { ByteRange, PlannedChunk } from './write-plan.ts'

/** So much at once that a drive does it at its own speed, so little that a stop need not wait long. */
const mostChunksAtOnce = 64
const probeCount = 16

export interface ZeroChunksOptions {
  readonly target: DiskMedium
  readonly crew: LaneCrew
  readonly table: ChunkTable
  readonly meter: Pick<ProgressMeter, 'done'>
  readonly signal: AbortSignal
  /** Whether all of them are read later anyway; else they are read now. */
  readonly isReadLater: boolean
}

/**
 * Has the disk itself make chunks zero, where it can, and believes it only as far as it was looked at: all
 * of them, or some from all over them where the read-back follows. A disk that is caught at keeping what it
 * had is believed nothing.
 *
 * @returns those that are zero now; the others must be written
 * @throws {DiskIoError}
 */
export async function zeroChunks(
  chunks: readonly PlannedChunk[],
  { target, crew, table, meter, signal, isReadLater }: ZeroChunksOptions,
): Promise<ReadonlySet<PlannedChunk>> {
  const zeroed: PlannedChunk[] = []
  for (const run of runsOf(chunks)) {
    signal.throwIfAborted()
    if ((await target.zeroOut?.(rangeOf(run))) !== true) break
    zeroed.push(...run)
    meter.done(rangeOf(run).length)
  }
  const looked = isReadLater ? spreadOver(zeroed, probeCount) : zeroed
  const spans = looked.map(({ index }) => ({ firstChunk: index, chunkCount: 1 }))
  await crew.run('look', spans)
  const isZero = (chunk: PlannedChunk) => {
    const measured = table.measured(chunk.index)
    return measured !== undefined && matches(chunk, measured)
  }
  const isHonest = looked.every(isZero)
  // No proof: others are written after it.
  for (const { index } of looked) table.forget(index)
  if (isHonest) return new Set(zeroed)
  for (const { rawBytes } of zeroed) meter.done(-rawBytes)
  return new Set()
}

/** Neighbours together. */
function runsOf(chunks: readonly PlannedChunk[]): PlannedChunk[][] {
  const runs: PlannedChunk[][] = []
  for (const chunk of chunks) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    const joins = last?.index === chunk.index - 1 && run?.length !== mostChunksAtOnce
    if (joins) run?.push(chunk)
    else runs.push([chunk])
  }
  return runs
}

function rangeOf(run: readonly PlannedChunk[]): ByteRange {
  const length = run.reduce((sum, { rawBytes }) => sum + rawBytes, 0)
  return { offset: run[0]?.offset ?? 0, length }
}
