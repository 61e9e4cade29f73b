import { MEBIBYTE } from '../../base/byte-size.ts'
import type { ImageManifest, ManifestChunk } from '../../contract/image-manifest.ts'
import type { Disk } from '../../contract/machine.ts'
import type { ExpectedChunk } from '../../stream/verified.ts'
import { ImageTooLargeError, ManifestRefusedError, SectorSizeMismatchError } from './errors.ts'

/** Without its first MiB a disk has neither boot code nor partition table: it is written last. */
export const headBytes = MEBIBYTE

/** Holds the header of the backup table, which firmware falls back on: written with the head. */
const tailBytes = 4096

export type StoredChunk = Extract<ManifestChunk, { packOffset: number }>

export interface PlannedChunk extends ExpectedChunk {
  readonly index: number
  /** Absent for a chunk of zeros. */
  readonly stored?: StoredChunk
}

/** Neighbours that one lane handles in one go: zeros, or chunks that are one range of the pack. */
export type PlanStep =
  | { readonly kind: 'zero'; readonly chunks: readonly PlannedChunk[] }
  | {
      readonly kind: 'fetch'
      readonly chunks: readonly (PlannedChunk & { readonly stored: StoredChunk })[]
      readonly packOffset: number
      readonly storedBytes: number
    }

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/** Everything the writer will do, known before the first byte is touched. */
export interface WritePlan {
  readonly rawBytes: number
  readonly chunkBytes: number
  readonly storedBytes: number
  readonly chunks: readonly PlannedChunk[]
  readonly steps: readonly PlanStep[]
  /** Ranges of the image that are written only with the proof: the head, and the end of the image. */
  readonly heldBack: readonly ByteRange[]
  /** Ranges of the disk that are cleared first: where old tables and signatures lie. */
  readonly cleared: readonly ByteRange[]
}

/**
 * @throws {ImageTooLargeError} {@link SectorSizeMismatchError} {@link ManifestRefusedError}
 *   so that nothing of it can be written
 */
export function planWrite(
  manifest: ImageManifest,
  disk: Pick<Disk, 'sizeBytes' | 'logicalSectorBytes'>,
): WritePlan {
  if (manifest.rawBytes > disk.sizeBytes) {
    throw new ImageTooLargeError(manifest.rawBytes, disk.sizeBytes)
  }
  if (manifest.sectorBytes !== disk.logicalSectorBytes) {
    throw new SectorSizeMismatchError(manifest.sectorBytes, disk.logicalSectorBytes)
  }
  requireSoundGeometry(manifest)
  const chunks = manifest.chunks.map((chunk, index) => planChunk(manifest, chunk, index))
  const stored = chunks.flatMap((chunk) => chunk.stored ?? [])
  return {
    rawBytes: manifest.rawBytes,
    chunkBytes: manifest.chunkBytes,
    storedBytes: stored.reduce((sum, chunk) => sum + chunk.storedBytes, 0),
    chunks,
    steps: groupSteps(chunks, manifest.chunkBytes),
    heldBack: heldBackRanges(manifest),
    cleared: clearedRanges(disk),
  }
}

function requireSoundGeometry(manifest: ImageManifest): void {
  const { rawBytes, chunkBytes, sectorBytes, chunks } = manifest
  const powerOfTwo = Number.isInteger(Math.log2(chunkBytes))
  if (!powerOfTwo || chunkBytes < MEBIBYTE || chunkBytes > 8 * MEBIBYTE) {
    throw new ManifestRefusedError(`chunks of ${chunkBytes} bytes`)
  }
  if (rawBytes % sectorBytes !== 0) {
    throw new ManifestRefusedError(`${rawBytes} bytes are no whole number of sectors`)
  }
  if (chunks.length !== Math.ceil(rawBytes / chunkBytes)) {
    throw new ManifestRefusedError(`${chunks.length} chunks for ${rawBytes} bytes`)
  }
}

function planChunk(manifest: ImageManifest, chunk: ManifestChunk, index: number): PlannedChunk {
  const offset = index * manifest.chunkBytes
  const rawBytes = Math.min(manifest.chunkBytes, manifest.rawBytes - offset)
  if (chunk.kind === 'zero') return { index, offset, rawBytes, content: 'zero' }
  const rightLength =
    chunk.kind === 'raw' ? chunk.storedBytes === rawBytes : chunk.storedBytes <= rawBytes
  if (!rightLength || chunk.packOffset + chunk.storedBytes > manifest.packBytes) {
    throw new ManifestRefusedError(`chunk ${index} states an impossible place in the pack`)
  }
  return { index, offset, rawBytes, content: chunk.rawDigest, stored: chunk }
}

/** Neighbours join while they are alike, adjoin in the pack and fit one receive buffer. */
function groupSteps(chunks: readonly PlannedChunk[], groupBytes: number): PlanStep[] {
  const steps: PlanStep[] = []
  for (const chunk of chunks) {
    const last = steps.at(-1)
    const joined = last === undefined ? undefined : joinStep(last, chunk, groupBytes)
    if (joined === undefined) steps.push(startStep(chunk))
    else steps[steps.length - 1] = joined
  }
  return steps
}

const zerosPerStep = 8

function startStep(chunk: PlannedChunk): PlanStep {
  const { stored } = chunk
  if (stored === undefined) return { kind: 'zero', chunks: [chunk] }
  const { packOffset, storedBytes } = stored
  return { kind: 'fetch', chunks: [{ ...chunk, stored }], packOffset, storedBytes }
}

function joinStep(step: PlanStep, chunk: PlannedChunk, groupBytes: number): PlanStep | undefined {
  const { stored } = chunk
  if (step.kind === 'zero') {
    if (stored !== undefined || step.chunks.length >= zerosPerStep) return undefined
    return { kind: 'zero', chunks: [...step.chunks, chunk] }
  }
  if (stored === undefined) return undefined
  const storedBytes = step.storedBytes + stored.storedBytes
  const adjoins = stored.packOffset === step.packOffset + step.storedBytes
  if (!adjoins || storedBytes > groupBytes) return undefined
  return { ...step, storedBytes, chunks: [...step.chunks, { ...chunk, stored }] }
}

function heldBackRanges({ rawBytes, chunkBytes }: ImageManifest): ByteRange[] {
  const head = { offset: 0, length: Math.min(headBytes, rawBytes) }
  const lastChunkOffset = Math.floor((rawBytes - 1) / chunkBytes) * chunkBytes
  const tailOffset = Math.max(head.length, lastChunkOffset, rawBytes - tailBytes)
  if (tailOffset >= rawBytes) return [head]
  return [head, { offset: tailOffset, length: rawBytes - tailOffset }]
}

/** The first and the last MiB; one range on a disk that has no more than both. */
function clearedRanges({ sizeBytes }: Pick<Disk, 'sizeBytes'>): ByteRange[] {
  if (sizeBytes <= 2 * headBytes) return [{ offset: 0, length: sizeBytes }]
  return [
    { offset: 0, length: headBytes },
    { offset: sizeBytes - headBytes, length: headBytes },
  ]
}

/** The parts of a chunk that are written before the proof, as ranges of the disk. */
export function writableParts(chunk: ExpectedChunk, heldBack: readonly ByteRange[]): ByteRange[] {
  let parts: ByteRange[] = [{ offset: chunk.offset, length: chunk.rawBytes }]
  for (const held of heldBack) parts = parts.flatMap((part) => cut(part, held))
  return parts
}

function cut(part: ByteRange, hole: ByteRange): ByteRange[] {
  const partEnd = part.offset + part.length
  const holeEnd = hole.offset + hole.length
  if (holeEnd <= part.offset || hole.offset >= partEnd) return [part]
  const before = { offset: part.offset, length: hole.offset - part.offset }
  const after = { offset: holeEnd, length: partEnd - holeEnd }
  return [before, after].filter((range) => range.length > 0)
}
