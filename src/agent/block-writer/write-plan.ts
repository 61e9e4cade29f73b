import { MEBIBYTE } from '../../base/byte-size.ts'
import type { ImageManifest, ManifestChunk } from '../../contract/image-manifest.ts'
import type { Disk } from '../../contract/machine.ts'
import type { ExpectedChunk } from '../../stream/verified.ts'
import { ImageTooLargeError, ManifestRefusedError, SectorSizeMismatchError } from './errors.ts'
import type { ChunkSpan } from './lanes/step-queue.ts'

/** Holds boot code and partition table of every disk that boots: it is written after all the rest. */
export const headBytes = MEBIBYTE

/** Holds the header of the backup table, which firmware falls back on: written with the head. */
const tailBytes = 4096

export type StoredChunk = Extract<ManifestChunk, { packOffset: number }>

export interface PlannedChunk extends ExpectedChunk {
  readonly index: number
  /** Absent for a chunk of zeros. */
  readonly stored?: StoredChunk
}

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

/** Everything the writer will do, known before the first byte is touched. */
export interface WritePlan {
  readonly rawBytes: number
  readonly chunkBytes: number
  /** The most that a disk writes whole or not at all when its power is cut. */
  readonly sectorBytes: number
  readonly storedBytes: number
  readonly chunks: readonly PlannedChunk[]
  /**
   * Ranges of the disk that are cleared first, in order and apart: the first MiB, the end of the image
   * and the last MiB, where tables and signatures lie.
   */
  readonly cleared: readonly ByteRange[]
  /**
   * What of the image lies in `cleared`, each range within one chunk: written only with the proof. So
   * clearing spoils nothing that is not written again anyway. The first of them is the first sector alone.
   */
  readonly heldBack: readonly ByteRange[]
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
  const cleared = clearedRanges(manifest, disk)
  return {
    rawBytes: manifest.rawBytes,
    chunkBytes: manifest.chunkBytes,
    sectorBytes: manifest.sectorBytes,
    storedBytes: stored.reduce((sum, chunk) => sum + chunk.storedBytes, 0),
    chunks,
    heldBack: heldBackRanges(manifest, cleared),
    cleared,
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

const zerosPerStep = 8

/** Neighbours join while they are alike, adjoin in the pack and fit one receive buffer. */
export function groupChunks(chunks: readonly PlannedChunk[], groupBytes: number): ChunkSpan[] {
  const spans: ChunkSpan[] = []
  let members: PlannedChunk[] = []
  const close = () => {
    const [first] = members
    if (first !== undefined) spans.push({ firstChunk: first.index, chunkCount: members.length })
    members = []
  }
  for (const chunk of chunks) {
    if (!joins(members, chunk, groupBytes)) close()
    members.push(chunk)
  }
  close()
  return spans
}

function joins(members: readonly PlannedChunk[], chunk: PlannedChunk, groupBytes: number): boolean {
  const [first] = members
  const last = members.at(-1)
  if (first === undefined || last === undefined || chunk.index !== last.index + 1) return false
  if (chunk.stored === undefined || last.stored === undefined || first.stored === undefined) {
    const bothZero = chunk.stored === undefined && last.stored === undefined
    return bothZero && members.length < zerosPerStep
  }
  const { packOffset, storedBytes } = chunk.stored
  const adjoins = packOffset === last.stored.packOffset + last.stored.storedBytes
  return adjoins && packOffset + storedBytes - first.stored.packOffset <= groupBytes
}

function clearedRanges(
  { rawBytes, chunkBytes }: ImageManifest,
  { sizeBytes }: Pick<Disk, 'sizeBytes'>,
): ByteRange[] {
  const lastChunkOffset = Math.floor((rawBytes - 1) / chunkBytes) * chunkBytes
  const tailOffset = Math.max(lastChunkOffset, rawBytes - tailBytes)
  const endOffset = Math.max(0, sizeBytes - headBytes)
  return unite([
    { offset: 0, length: Math.min(headBytes, sizeBytes) },
    { offset: tailOffset, length: rawBytes - tailOffset },
    { offset: endOffset, length: sizeBytes - endOffset },
  ])
}

/** Ranges in the order of their offsets, those that touch made one. */
function unite(ranges: readonly ByteRange[]): ByteRange[] {
  const united: ByteRange[] = []
  for (const range of ranges.toSorted((left, right) => left.offset - right.offset)) {
    const last = united.at(-1)
    if (last === undefined || range.offset > last.offset + last.length) {
      united.push(range)
      continue
    }
    const end = Math.max(last.offset + last.length, range.offset + range.length)
    united[united.length - 1] = { offset: last.offset, length: end - last.offset }
  }
  return united
}

function heldBackRanges(
  { rawBytes, chunkBytes, sectorBytes }: ImageManifest,
  cleared: readonly ByteRange[],
): ByteRange[] {
  return cleared.flatMap(({ offset, length }) => {
    const end = Math.min(offset + length, rawBytes)
    const ranges: ByteRange[] = []
    for (let start = offset; start < end;) {
      const chunkEnd = (Math.floor(start / chunkBytes) + 1) * chunkBytes
      const next = Math.min(end, start === 0 ? sectorBytes : chunkEnd)
      ranges.push({ offset: start, length: next - start })
      start = next
    }
    return ranges
  })
}

/** The parts of a chunk that are written before the proof, as ranges of the disk. */
export function writableParts(
  chunk: Pick<ExpectedChunk, 'offset' | 'rawBytes'>,
  heldBack: readonly ByteRange[],
): ByteRange[] {
  let parts: ByteRange[] = [{ offset: chunk.offset, length: chunk.rawBytes }]
  for (const held of heldBack) parts = parts.flatMap((part) => cutOut(part, held))
  return parts
}

/** What is left of `part` without `hole`. */
export function cutOut(part: ByteRange, hole: ByteRange): ByteRange[] {
  const partEnd = part.offset + part.length
  const holeEnd = hole.offset + hole.length
  if (holeEnd <= part.offset || hole.offset >= partEnd) return [part]
  const before = { offset: part.offset, length: hole.offset - part.offset }
  const after = { offset: holeEnd, length: partEnd - holeEnd }
  return [before, after].filter((range) => range.length > 0)
}
