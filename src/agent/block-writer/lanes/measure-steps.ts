import { hash } from 'node:crypto'

import { messageOf } from '../../../base/coded-error.ts'
import { ReadBackMismatchError } from '../../../stream/verified.ts'
import { writableParts } from '../write-plan.ts'
import type { TableChunk } from './chunk-table.ts'
import type { LaneTools } from './lane-tools.ts'
import type { StepQueue } from './step-queue.ts'

/** One way to look at a chunk on the disk; `raw` is a buffer to read it into. */
type Look = (lane: LaneTools, chunk: TableChunk, raw: Buffer) => Promise<void>

/**
 * Notes what lies on the disk, before anything is written. What matches and makes the disk bootable is
 * kept in memory, because it will be cleared. A chunk that cannot be read is one that must be written.
 */
export function scanSteps(lane: LaneTools, steps: StepQueue): Promise<void> {
  return lookAtSteps(lane, steps, scanChunk)
}

/** Notes what lies on the disk, in the middle of a write: nothing of that counts as done or proven. */
export function lookSteps(lane: LaneTools, steps: StepQueue): Promise<void> {
  return lookAtSteps(lane, steps, async (...place) => void (await isThere(...place)))
}

/**
 * Reads what was written and notes it.
 *
 * @throws {ReadBackMismatchError} {@link DiskIoError}
 */
export function verifySteps(lane: LaneTools, steps: StepQueue): Promise<void> {
  return lookAtSteps(lane, steps, verifyChunk)
}

/** As many reads are under way as there are buffers. When it ends, however it ends, none is. */
async function lookAtSteps(lane: LaneTools, steps: StepQueue, look: Look): Promise<void> {
  let failure: { readonly error: unknown } | undefined
  const fill = async (raw: Buffer) => {
    try {
      for (let span = steps.claim(); span !== undefined; span = steps.claim()) {
        for (let number = 0; number < span.chunkCount; number++) {
          lane.signal.throwIfAborted()
          if (failure !== undefined) return
          await look(lane, lane.table.chunk(span.firstChunk + number), raw)
        }
      }
    } catch (error) {
      failure ??= { error }
    }
  }
  await Promise.all(lane.raw.map(fill))
  lane.enter('idle')
  if (failure !== undefined) throw failure.error
}

async function scanChunk(lane: LaneTools, chunk: TableChunk, buffer: Buffer): Promise<void> {
  const raw = buffer.subarray(0, chunk.rawBytes)
  if (await isThere(lane, chunk, raw)) {
    lane.heldBack.keep(chunk, raw)
    lane.count('proven', chunk.rawBytes)
  }
  lane.count('done', chunk.rawBytes)
}

/** Whether the disk has the chunk; what it cannot read it does not have. */
async function isThere(lane: LaneTools, chunk: TableChunk, buffer: Buffer): Promise<boolean> {
  const raw = buffer.subarray(0, chunk.rawBytes)
  try {
    await readParts(lane, chunk, raw, [{ offset: chunk.offset, length: chunk.rawBytes }])
  } catch (error) {
    lane.log(`${messageOf(error)}; the chunk there will be written`)
    return false
  }
  return measure(lane, chunk, raw)
}

async function verifyChunk(lane: LaneTools, chunk: TableChunk, buffer: Buffer): Promise<void> {
  const raw = buffer.subarray(0, chunk.rawBytes)
  await readParts(lane, chunk, raw, writableParts(chunk, lane.heldBack.ranges))
  lane.heldBack.restore(chunk, raw)
  if (!measure(lane, chunk, raw)) throw new ReadBackMismatchError(chunk.index, chunk.offset)
  lane.count('proven', chunk.rawBytes)
  lane.count('done', chunk.rawBytes)
}

async function readParts(
  lane: LaneTools,
  chunk: TableChunk,
  raw: Buffer,
  parts: ReturnType<typeof writableParts>,
): Promise<void> {
  for (const { offset, length } of parts) {
    const start = offset - chunk.offset
    lane.enter('disk')
    await lane.target.read(raw.subarray(start, start + length), offset)
    lane.count('disk', length)
  }
  lane.enter('processor')
}

/** Notes what was read. Comparing with zeros is thirty times as fast as hashing. */
function measure(lane: LaneTools, chunk: TableChunk, raw: Buffer): boolean {
  if (chunk.kind === 'zero') {
    const isZero = lane.zeros.subarray(0, raw.length).equals(raw)
    if (isZero) lane.table.note(chunk.index, 'zero')
    return isZero
  }
  const digest = hash('sha256', raw, 'buffer')
  lane.table.note(chunk.index, digest)
  return digest.equals(chunk.digest)
}
