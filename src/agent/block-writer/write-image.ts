import type { Clock } from '../../base/clock.ts'
import type { Digest } from '../../base/digest.ts'
import { ImageVerification, type VerifiedImage } from '../../stream/verified.ts'
import { allocateAligned, allocateOne } from './aligned-memory.ts'
import { createChunkMeasures } from './chunk-measures.ts'
import { HeldBack } from './held-back.ts'
import { runLanes } from './lanes.ts'
import { PackSource } from './pack-source.ts'
import type { ProgressMeter } from './progress-meter.ts'
import type { DiskMedium } from './disk-medium.ts'
import { writeStep } from './write-chunks.ts'
import { headBytes, writableParts, type WritePlan } from './write-plan.ts'

export interface WriteImageOptions {
  readonly target: DiskMedium
  readonly plan: WritePlan
  readonly imageDigest: Digest
  readonly packUrl: URL
  /** Steps under way at a time. Two let network, decoder and disk overlap on one core. */
  readonly laneCount: number
  readonly meter: ProgressMeter
  readonly clock: Clock
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** See {@link PackSource}. */
  readonly patienceMs?: number
}

export interface WriteTotals {
  readonly bytesWritten: number
  readonly bytesReadBack: number
  readonly writeMs: number
  readonly readBackMs: number
}

/** All the aligned memory of a write. `zeros` is never written to; the others belong to one lane each. */
interface WriteBuffers {
  readonly zeros: Buffer
  readonly raw: readonly Buffer[]
}

/**
 * Writes an image and proves it. Until the last step the disk has neither boot code nor partition
 * table, so a machine that stops half-way cannot boot from it.
 *
 * @throws {CodedError} of ./errors.ts or ../../stream/verified.ts; the disk then cannot boot
 */
export async function writeImage(options: WriteImageOptions): Promise<WriteTotals> {
  const { target, plan, meter, clock } = options
  const heldBack = new HeldBack(plan.heldBack)
  const buffers = {
    zeros: allocateOne(plan.chunkBytes),
    raw: allocateAligned(options.laneCount, plan.chunkBytes),
  }
  const startedMs = clock.monotonicMs()
  meter.begin('write', plan.rawBytes)
  await clearOldTables(options, buffers)
  await writeChunks(options, heldBack, buffers)
  await target.flush()

  const writtenMs = clock.monotonicMs()
  meter.begin('verify', plan.rawBytes)
  const proof = await readBack(options, heldBack, buffers)
  const verifiedMs = clock.monotonicMs()

  options.signal.throwIfAborted()
  meter.begin('commit', heldBack.lengthBytes)
  await heldBack.commit(target, proof)
  meter.done(heldBack.lengthBytes)
  const commitMs = clock.monotonicMs() - verifiedMs
  return {
    bytesWritten: plan.rawBytes,
    bytesReadBack: proof.verifiedBytes,
    writeMs: Math.round(writtenMs - startedMs + commitMs),
    readBackMs: Math.round(verifiedMs - writtenMs),
  }
}

/** On the medium before any other byte: an old boot sector must not outlive its old disk. */
async function clearOldTables(
  { target, plan }: WriteImageOptions,
  { zeros }: WriteBuffers,
): Promise<void> {
  for (const { offset, length } of plan.cleared) {
    for (let done = 0; done < length; done += headBytes) {
      const piece = zeros.subarray(0, Math.min(headBytes, length - done))
      await target.write(piece, offset + done)
    }
  }
  await target.flush()
}

async function writeChunks(
  options: WriteImageOptions,
  heldBack: HeldBack,
  buffers: WriteBuffers,
): Promise<void> {
  const { target, plan, meter, log } = options
  let nextStep = 0
  await runLanes(options.laneCount, options.signal, async (laneIndex, signal) => {
    const onBytes = (count: number) => meter.fetched(count)
    using source = new PackSource(options.packUrl, { ...options, signal, onBytes })
    const lane = {
      ...{ target, source, meter, log, zeros: buffers.zeros, heldBack, heldRanges: plan.heldBack },
      received: Buffer.allocUnsafeSlow(plan.chunkBytes),
      raw: buffers.raw[laneIndex] ?? Buffer.alloc(0),
    }
    for (let step = plan.steps[nextStep++]; step !== undefined; step = plan.steps[nextStep++]) {
      signal.throwIfAborted()
      await writeStep(lane, step)
    }
  })
}

/** Reads every byte that was written and gives the proof when all of it is right. */
async function readBack(
  options: WriteImageOptions,
  heldBack: HeldBack,
  buffers: WriteBuffers,
): Promise<VerifiedImage> {
  const { target, plan, meter } = options
  const measures = createChunkMeasures(buffers.zeros)
  const verification = new ImageVerification(options.imageDigest, plan.chunks, measures)
  let nextChunk = 0
  await runLanes(options.laneCount, options.signal, async (laneIndex, signal) => {
    const raw = buffers.raw[laneIndex] ?? Buffer.alloc(0)
    for (let chunk = plan.chunks[nextChunk++]; chunk; chunk = plan.chunks[nextChunk++]) {
      signal.throwIfAborted()
      for (const part of writableParts(chunk, plan.heldBack)) {
        const start = part.offset - chunk.offset
        await target.read(raw.subarray(start, start + part.length), part.offset)
      }
      heldBack.restore(chunk, raw)
      verification.check(chunk.index, raw.subarray(0, chunk.rawBytes))
      meter.done(chunk.rawBytes)
    }
  })
  return verification.finish()
}
