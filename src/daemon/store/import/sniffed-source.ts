import { createHash, type Hash } from 'node:crypto'

import { type Digest, readDigest } from '../../../base/digest.ts'
import type {
  ChecksumVerdict,
  ImportFormat,
  ImportOrigin,
  ImportProvenance,
} from '../../../contract/import-provenance.ts'
import type { ImportOrder, ImportSource, ReadRawDisk } from '../../domain/image/import-source.ts'
import { ArrivingBytes } from './arriving-bytes.ts'
import { capped } from './capped.ts'
import { compareChecksum } from './compare-checksum.ts'
import { spool } from './disk/spool.ts'
import { type DiskFormat, isDiskFormat, unfold } from './disk/unfold.ts'
import { ImageFormatError } from './errors.ts'
import { Peeked } from './peeked.ts'
import { acceptedFormat, sniffBytes } from './sniff-format.ts'
import { isPacking, unpack } from './unpack/unpack.ts'
import { wholeDisk } from './whole-disk.ts'

export interface SniffedSourceOptions {
  readonly order: ImportOrder
  readonly origin: ImportOrigin
  readonly bytes: AsyncIterable<Uint8Array>
  /** How many there will be, as soon as that is known. */
  readonly sizeBytes: () => number | undefined
  /** For files that have to be read out of order; made when it is needed. */
  readonly spoolDirectory: string
  /** Of what arrives, and of the disk inside. */
  readonly largestBytes: number
}

/** No disk has larger sectors than this: a raw disk of a multiple of it is never padded. */
const largestSectorBytes = 4096

/**
 * One import: arrives → sniffed → unpacked → unfolded → a raw disk. What a file is, is told by its
 * content; what was said about it beforehand must agree.
 */
export class SniffedSource implements ImportSource {
  readonly #options: SniffedSourceOptions
  readonly #order: ImportOrder
  readonly #arriving: ArrivingBytes
  readonly #formats: ImportFormat[] = []
  /** Taken only when it was vouched for: the sha256 of the raw disk is taken by whoever stores it. */
  readonly #rawSha512: Hash | undefined
  #paddedBytes = 0

  constructor(options: SniffedSourceOptions) {
    this.#options = options
    this.#order = options.order
    const { checksum, rawChecksum, signal, onArrival = () => {} } = options.order
    this.#arriving = new ArrivingBytes({
      ...options,
      wantsSha512: checksum?.startsWith('sha512:') === true,
      signal,
      onArrival,
    })
    if (rawChecksum?.startsWith('sha512:') === true) this.#rawSha512 = createHash('sha512')
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const disk = wholeDisk(capped(this.#disk(), this.#options.largestBytes), {
      sectorBytes: this.#order.sectorBytes,
      opaque: this.#order.opaque === true,
      onPadding: (bytes) => (this.#paddedBytes = bytes),
    })
    for await (const part of disk) {
      this.#rawSha512?.update(part)
      yield part
    }
  }

  prove(raw: ReadRawDisk): ImportProvenance {
    const { checksum, rawChecksum: declared } = this.#order
    const sourceDigest = this.#sourceDigest(raw)
    if (sourceDigest === undefined) throw new Error('the source has not been read to its end')
    const rawChecksum = compareChecksum({
      subject: 'raw disk inside',
      declared,
      computed: (algorithm) =>
        algorithm === 'sha256' ? raw.digest : `sha512:${this.#rawSha512?.digest('hex')}`,
      remedy:
        declared === sourceDigest
          ? 'that is the checksum of the file itself: --sha256'
          : 'fetch it again',
    })
    return {
      origin: this.#options.origin,
      formats: this.#formats,
      sourceDigest,
      sourceBytes: this.#arriving.bytes,
      checksum: this.#proveArrived(sourceDigest, checksum === raw.digest),
      rawChecksum,
      paddedBytes: this.#paddedBytes,
    }
  }

  async *#disk(): AsyncGenerator<Uint8Array> {
    const start = await this.#arriving.peek(sniffBytes)
    if (this.#order.opaque === true) {
      this.#formats.push('raw')
      return yield* this.#arriving.read(!this.#isWholeSectors())
    }
    const outer = acceptedFormat(start, this.#order.format)
    this.#formats.push(outer)
    if (outer === 'raw') return yield* this.#arriving.read(!this.#isWholeSectors())
    if (isDiskFormat(outer)) return yield* this.#unfold(outer, this.#arriving.read())
    if (!isPacking(outer)) throw new Error(`no way to read ${String(outer)}`)
    const inside = new Peeked(unpack(this.#arriving.read(), outer))
    const inner = acceptedFormat(await inside.peek(sniffBytes))
    if (isPacking(inner)) {
      throw new ImageFormatError(inner, `this is ${inner} inside ${outer}`, 'unpack it once first')
    }
    this.#formats.push(inner)
    return yield* isDiskFormat(inner) ? this.#unfold(inner, inside) : inside
  }

  async *#unfold(format: DiskFormat, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { spoolDirectory, largestBytes } = this.#options
    await using file = await spool(capped(bytes, largestBytes), spoolDirectory)
    const sha256 = this.#arriving.checksum('sha256')
    // Proven before anything reads it, and once more in the end.
    if (sha256 !== undefined) this.#proveArrived(sha256, false)
    const { signal } = this.#order
    yield* unfold(format, { file, spoolDirectory, largestBytes, signal })
  }

  /** Whether the sha256 of what arrives will be that of the raw disk, so that one pass over it is enough. */
  #isWholeSectors(): boolean {
    const sizeBytes = this.#options.sizeBytes()
    return sizeBytes !== undefined && sizeBytes % largestSectorBytes === 0
  }

  #sourceDigest(raw: ReadRawDisk): Digest | undefined {
    const taken = this.#arriving.checksum('sha256')
    if (taken !== undefined) return readDigest(taken)
    return this.#isWholeSectors() && raw.bytes === this.#arriving.bytes ? raw.digest : undefined
  }

  #proveArrived(sha256: string, isOfRawDisk: boolean): ChecksumVerdict {
    return compareChecksum({
      subject: 'file',
      declared: this.#order.checksum,
      computed: (algorithm) =>
        algorithm === 'sha256' ? sha256 : this.#arriving.checksum('sha512'),
      remedy: isOfRawDisk
        ? 'that is the checksum of the raw disk inside: --raw-sha256'
        : 'fetch it again',
    })
  }
}
