import { promisify } from 'node:util'
import { inflateRaw, zstdDecompress } from 'node:zlib'

import { MEBIBYTE } from '../../../../base/byte-size.ts'
import { messageOf } from '../../../../base/coded-error.ts'
import {
  type L2Entry,
  type Qcow2Layout,
  readL1Entry,
  readL2Entry,
} from '../../../../protocol/qcow2/qcow2-entries.ts'
import {
  type Qcow2Header,
  qcow2HeaderBytes,
  readQcow2Header,
} from '../../../../protocol/qcow2/qcow2-header.ts'
import { zstdFrameBytes } from '../../../../protocol/qcow2/zstd-frame.ts'
import { ImageDamagedError, ImageTooLargeError, ImageUnsafeError } from '../errors.ts'
import { readAt } from './read-at.ts'
import type { SpooledFile } from './spool.ts'

const inflate = promisify(inflateRaw)
const decompressZstd = promisify(zstdDecompress)

/** About so much of the disk is read, or unpacked in parallel, at a time. */
const stretchBytes = 4 * MEBIBYTE

/**
 * The disk inside a qcow2 file, cluster by cluster in the disk's order. Nothing is opened but the file
 * itself; its header and tables are read against an allow-list.
 *
 * @throws {ImageUnsafeError} when header or tables are refused
 * @throws {ImageTooLargeError} when the disk would be larger than `largestBytes`
 * @throws {ImageDamagedError} when a compressed cluster cannot be unpacked
 */
export async function* readQcow2Disk(
  file: SpooledFile,
  largestBytes: number,
): AsyncGenerator<Uint8Array> {
  const start = await readAt(file.handle, 0, qcow2HeaderBytes)
  const reading = readQcow2Header(start, file.sizeBytes)
  if (!reading.ok) throw new ImageUnsafeError('qcow2', reading.reason)
  const { header } = reading
  if (header.virtualBytes > largestBytes) throw new ImageTooLargeError(largestBytes)
  const disk = new Qcow2Disk(file, header)
  const zeros = new Uint8Array(Math.max(stretchBytes, 2 ** header.clusterBits))
  let leftBytes = header.virtualBytes
  for await (const stretch of disk.stretches()) {
    for (const part of await disk.read(stretch, zeros)) {
      const taken = Math.min(part.length, leftBytes)
      leftBytes -= taken
      if (taken > 0) yield part.subarray(0, taken)
    }
  }
}

/** Neighbouring clusters that are read in one go: as many zeros, one run of the file, or compressed ones. */
type Stretch =
  | { readonly kind: 'zero'; clusters: number }
  | { readonly kind: 'data'; readonly offset: number; clusters: number }
  | { readonly kind: 'compressed'; readonly places: { offset: number; bytes: number }[] }

class Qcow2Disk {
  readonly #file: SpooledFile
  readonly #header: Qcow2Header
  readonly #layout: Qcow2Layout
  readonly #clusterBytes: number
  readonly #clustersPerStretch: number

  constructor(file: SpooledFile, header: Qcow2Header) {
    this.#file = file
    this.#header = header
    const { version, clusterBits } = header
    this.#layout = { version, clusterBits, fileBytes: file.sizeBytes }
    this.#clusterBytes = 2 ** clusterBits
    this.#clustersPerStretch = Math.max(1, stretchBytes / this.#clusterBytes)
  }

  /** What lies where, joined as far as one read goes. */
  async *stretches(): AsyncGenerator<Stretch> {
    let stretch: Stretch | undefined
    for await (const entry of this.#entries()) {
      if (entry.kind === 'refused') throw new ImageUnsafeError('qcow2', entry.reason)
      if (stretch !== undefined && this.#extend(stretch, entry)) continue
      if (stretch !== undefined) yield stretch
      stretch = begin(entry)
    }
    if (stretch !== undefined) yield stretch
  }

  async read(stretch: Stretch, zeros: Uint8Array): Promise<readonly Uint8Array[]> {
    const clusterBytes = this.#clusterBytes
    switch (stretch.kind) {
      case 'zero':
        return [zeros.subarray(0, stretch.clusters * clusterBytes)]
      case 'data': {
        const wanted = stretch.clusters * clusterBytes
        const found = await readAt(this.#file.handle, stretch.offset, wanted)
        return [found, zeros.subarray(0, wanted - found.length)].filter(({ length }) => length > 0)
      }
      case 'compressed':
        break
    }
    return Promise.all(stretch.places.map((place) => this.#unpack(place)))
  }

  async *#entries(): AsyncGenerator<L2Entry> {
    const { l1Offset, l1Entries, virtualBytes } = this.#header
    const l1 = viewOf(await readAt(this.#file.handle, l1Offset, l1Entries * 8))
    const entriesPerTable = this.#clusterBytes / 8
    let clusters = Math.ceil(virtualBytes / this.#clusterBytes)
    for (let index = 0; index < l1Entries; index++) {
      const count = Math.min(clusters, entriesPerTable)
      clusters -= count
      const l1Entry = readL1Entry(l1, index * 8, this.#layout)
      if (l1Entry.kind === 'refused') throw new ImageUnsafeError('qcow2', l1Entry.reason)
      const table =
        l1Entry.kind === 'absent'
          ? undefined
          : viewOf(await readAt(this.#file.handle, l1Entry.offset, this.#clusterBytes))
      for (let at = 0; at < count; at++) {
        yield table === undefined ? { kind: 'zero' } : readL2Entry(table, at * 8, this.#layout)
      }
    }
  }

  #extend(stretch: Stretch, entry: Exclude<L2Entry, { kind: 'refused' }>): boolean {
    if (stretch.kind === 'compressed') {
      if (entry.kind !== 'compressed') return false
      if (stretch.places.length >= this.#clustersPerStretch) return false
      stretch.places.push(entry)
      return true
    }
    if (entry.kind !== stretch.kind || stretch.clusters >= this.#clustersPerStretch) return false
    if (stretch.kind === 'data' && entry.kind === 'data') {
      if (entry.offset !== stretch.offset + stretch.clusters * this.#clusterBytes) return false
    }
    stretch.clusters++
    return true
  }

  async #unpack({ offset, bytes }: { offset: number; bytes: number }): Promise<Uint8Array> {
    const packed = await readAt(this.#file.handle, offset, bytes)
    const limit = { maxOutputLength: this.#clusterBytes }
    try {
      const cluster =
        this.#header.compression === 'zlib'
          ? await inflate(packed, limit)
          : await decompressZstd(packed.subarray(0, zstdFrameBytes(packed) ?? 0), limit)
      if (cluster.length === this.#clusterBytes) return cluster
      throw new Error(`${cluster.length} bytes`)
    } catch (error) {
      throw new ImageDamagedError(
        `the compressed cluster at byte ${offset} cannot be unpacked: ${messageOf(error)}`,
        error,
      )
    }
  }
}

function begin(entry: Exclude<L2Entry, { kind: 'refused' }>): Stretch {
  switch (entry.kind) {
    case 'zero':
      return { kind: 'zero', clusters: 1 }
    case 'data':
      return { kind: 'data', offset: entry.offset, clusters: 1 }
    case 'compressed':
      break
  }
  return { kind: 'compressed', places: [entry] }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
