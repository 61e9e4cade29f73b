import { decodeChunk } from '../decode-chunk.ts'
import { ChunkRejectedError } from '../errors.ts'
import type { TableChunk } from './chunk-table.ts'
import type { LaneTools } from './lane-tools.ts'
import type { ChunkSpan, StepQueue } from './step-queue.ts'
import { WriteBehind } from './write-behind.ts'

/** A range that was asked for. */
interface Arrival {
  readonly chunks: readonly TableChunk[]
  readonly packOffset: number
  readonly received: Buffer
  /** Whole, or the reason why not; never rejects, because it is waited for only in its turn. */
  readonly arrived: Promise<{ readonly error: unknown } | undefined>
}

const fetchTries = 4

/**
 * Fetches, checks and writes the steps that it claims. No byte reaches the disk before its chunk has
 * matched the manifest. When it ends, however it ends, nothing of it is under way.
 *
 * @throws {CodedError} of ../errors.ts
 */
export async function writeSteps(lane: LaneTools, steps: StepQueue): Promise<void> {
  const disk = new WriteBehind(lane)
  const arrivals: Arrival[] = []
  try {
    const freeBuffers = [...lane.received]
    await askForMore(lane, steps, disk, { arrivals, freeBuffers })
    for (let arrival = arrivals.shift(); arrival !== undefined; arrival = arrivals.shift()) {
      await takeArrival(lane, arrival, disk)
      freeBuffers.push(arrival.received)
      await askForMore(lane, steps, disk, { arrivals, freeBuffers })
    }
  } catch (error) {
    // Whatever else fails now follows from this.
    await disk.rest().catch(() => undefined)
    throw error
  }
  await disk.rest()
}

/** Claims steps until every receive buffer is spoken for; zeros need none and are written at once. */
async function askForMore(
  lane: LaneTools,
  steps: StepQueue,
  disk: WriteBehind,
  { arrivals, freeBuffers }: { arrivals: Arrival[]; freeBuffers: Buffer[] },
): Promise<void> {
  while (freeBuffers.length > 0) {
    lane.signal.throwIfAborted()
    const span = steps.claim()
    if (span === undefined) return
    const chunks = chunksOf(lane, span)
    const [first] = chunks
    if (first?.kind === 'zero') {
      for (const chunk of chunks) disk.write(chunk, lane.zeros, await disk.buffer())
    } else {
      const buffer = freeBuffers.pop()
      if (buffer !== undefined) arrivals.push(askFor(lane, chunks, buffer))
    }
  }
}

function chunksOf({ table }: LaneTools, { firstChunk, chunkCount }: ChunkSpan): TableChunk[] {
  return Array.from({ length: chunkCount }, (_, number) => table.chunk(firstChunk + number))
}

function askFor(lane: LaneTools, chunks: readonly TableChunk[], buffer: Buffer): Arrival {
  const packOffset = chunks[0]?.packOffset ?? 0
  const storedBytes = chunks.reduce((sum, chunk) => sum + chunk.storedBytes, 0)
  const arrived = lane.source.read(buffer.subarray(0, storedBytes), packOffset).then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  return { chunks, packOffset, received: buffer, arrived }
}

async function takeArrival(lane: LaneTools, arrival: Arrival, disk: WriteBehind): Promise<void> {
  lane.enter('network')
  const failure = await arrival.arrived
  if (failure !== undefined) throw failure.error
  for (const chunk of arrival.chunks) {
    lane.signal.throwIfAborted()
    const start = chunk.packOffset - arrival.packOffset
    const stored = arrival.received.subarray(start, start + chunk.storedBytes)
    const raw = await disk.buffer()
    await decodeOrRefetch(lane, chunk, stored, raw)
    lane.count('decoded', chunk.rawBytes)
    disk.write(chunk, raw, raw)
  }
}

/** @throws {ChunkRejectedError} when the chunk is wrong each of four times it was fetched */
async function decodeOrRefetch(
  lane: LaneTools,
  chunk: TableChunk,
  stored: Buffer,
  raw: Buffer,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const refusal = decodeChunk(lane.decoder, stored, chunk, raw)
    if (refusal === undefined) return
    if (tries === fetchTries) {
      throw new ChunkRejectedError(chunk.index, chunk.offset, tries, refusal)
    }
    lane.log(`chunk ${chunk.index} at byte ${chunk.offset} refused: ${refusal}; fetching it again`)
    lane.count('refetched', 1)
    lane.enter('network')
    await lane.source.read(stored, chunk.packOffset)
    lane.enter('processor')
  }
}
