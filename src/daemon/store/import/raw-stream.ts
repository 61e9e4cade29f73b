import { createGunzip, createZstdDecompress, type Zlib } from 'node:zlib'
import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { messageOf } from '../../../base/coded-error.ts'
import { ImageDamagedError, ImageFormatError } from './errors.ts'
import { foreignFormat, type ImageFormat, sniffBytes, sniffImageFormat } from './image-format.ts'

/**
 * The raw disk inside `source`: plain, gzip or zstd, told by content. Read to its end, so that a
 * truncated file, or one with something behind its end, fails instead of passing for a smaller image.
 *
 * @throws {ImageFormatError} when it is another format, outside or inside the compression
 * @throws {ImageDamagedError} when the compressed stream is not whole
 */
export async function* rawStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const whole = new Beginning(source)
  const format = sniffImageFormat(await whole.peek(sniffBytes))
  const raw = new Beginning(format === 'raw' ? whole : decompress(whole, format))
  const foreign = foreignFormat(await raw.peek(sniffBytes))
  if (foreign !== undefined) throw new ImageFormatError(foreign)
  yield* raw
}

/** An iterable whose first bytes can be looked at before it is read. */
class Beginning implements AsyncIterable<Uint8Array> {
  readonly #rest: AsyncIterator<Uint8Array>
  #seen: Uint8Array[] = []

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#rest = source[Symbol.asyncIterator]()
  }

  /** At least `length` bytes, fewer only when there are no more. */
  async peek(length: number): Promise<Uint8Array> {
    for (let seen = 0; seen < length;) {
      const next = await this.#rest.next()
      if (next.done === true) break
      this.#seen.push(next.value)
      seen += next.value.length
    }
    return Buffer.concat(this.#seen)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#seen
      this.#seen = []
      yield* { [Symbol.asyncIterator]: () => this.#rest }
    } finally {
      await this.#rest.return?.()
    }
  }
}

/** Node's decoders stop silently at bytes that are no further member: what they left unread gives it away. */
async function* decompress(
  source: AsyncIterable<Uint8Array>,
  format: Exclude<ImageFormat, 'raw'>,
): AsyncGenerator<Uint8Array> {
  const decoder: Transform & Zlib = format === 'gzip' ? createGunzip() : createZstdDecompress()
  let givenBytes = 0
  const counted = async function* () {
    for await (const part of source) {
      givenBytes += part.length
      yield part
    }
  }
  const feeding = pipeline(Readable.from(counted(), { objectMode: false }), decoder)
  // A failure reaches the reader below through the decoder; here it only must not go unheard.
  feeding.catch(() => {})
  try {
    yield* decoder as AsyncIterable<Uint8Array>
    await feeding
  } catch (error) {
    throw isDecoderError(error) ? new ImageDamagedError(messageOf(error), error) : error
  }
  if (decoder.bytesWritten !== givenBytes) {
    throw new ImageDamagedError(`${givenBytes - decoder.bytesWritten} bytes follow its end`)
  }
}

function isDecoderError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('Z_') || code.startsWith('ZSTD_')
}
