import type { PackSource } from './pack-source.ts'
import { decodeChunk } from './decode-chunk.ts'
import { ChunkRejectedError } from './errors.ts'
import type { HeldBack } from './held-back.ts'
import type { ProgressMeter } from './progress-meter.ts'
import type { DiskMedium } from './disk-medium.ts'
import {
  type ByteRange,
  type PlanStep,
  type PlannedChunk,
  type StoredChunk,
  writableParts,
} from './write-plan.ts'

/** What a lane works with. Its buffers are its own, `zeros` is shared and never written to. */
export interface WriteLane {
  readonly target: DiskMedium
  readonly source: PackSource
  readonly received: Buffer
  readonly raw: Buffer
  readonly zeros: Buffer
  readonly heldBack: HeldBack
  readonly heldRanges: readonly ByteRange[]
  readonly meter: ProgressMeter
  readonly log: (line: string) => void
}

type FetchedChunk = PlannedChunk & { readonly stored: StoredChunk }

const fetchTries = 4

/** Does one step of the plan. No byte reaches the disk before its chunk has matched the manifest. */
export async function writeStep(lane: WriteLane, step: PlanStep): Promise<void> {
  if (step.kind === 'zero') {
    for (const chunk of step.chunks) await writeChunk(lane, chunk, lane.zeros)
    return
  }
  await lane.source.read(lane.received.subarray(0, step.storedBytes), step.packOffset)
  for (const chunk of step.chunks) {
    const start = chunk.stored.packOffset - step.packOffset
    const stored = lane.received.subarray(start, start + chunk.stored.storedBytes)
    await decodeOrRefetch(lane, chunk, stored)
    await writeChunk(lane, chunk, lane.raw)
  }
}

/** @throws {ChunkRejectedError} when the chunk is wrong each of four times it was fetched */
async function decodeOrRefetch(
  lane: WriteLane,
  chunk: FetchedChunk,
  stored: Buffer,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const refusal = await decodeChunk(stored, chunk, lane.raw)
    if (refusal === undefined) return
    if (tries === fetchTries) {
      throw new ChunkRejectedError(chunk.index, chunk.offset, tries, refusal)
    }
    lane.log(`chunk ${chunk.index} at byte ${chunk.offset} refused: ${refusal}; fetching it again`)
    lane.meter.refetched()
    await lane.source.read(stored, chunk.stored.packOffset)
  }
}

async function writeChunk(lane: WriteLane, chunk: PlannedChunk, raw: Buffer): Promise<void> {
  lane.heldBack.keep(chunk, raw)
  for (const part of writableParts(chunk, lane.heldRanges)) {
    const start = part.offset - chunk.offset
    await lane.target.write(raw.subarray(start, start + part.length), part.offset)
  }
  lane.meter.done(chunk.rawBytes)
}
