import type { Transform } from 'node:stream'
import { constants, createGunzip, createZstdDecompress, type Zlib } from 'node:zlib'

import { MEBIBYTE } from '../../../../base/byte-size.ts'
import { messageOf } from '../../../../base/coded-error.ts'
import { ImageDamagedError } from '../errors.ts'
import { feedInto } from './feed-into.ts'

const shape = { chunkSize: MEBIBYTE, highWaterMark: 2 * MEBIBYTE }
/** A frame may ask for 128 MiB of memory, what `zstd --ultra -22` needs, and no more. */
const largestWindowLog = 27

/**
 * Unpacks gzip (RFC 1952) or zstd (RFC 8878), one or several members. Read to its end, so that a file
 * that is cut short, or has something else behind its end, fails instead of passing for another image.
 *
 * @throws {ImageDamagedError} when the stream is not whole
 */
export async function* decodeWithNode(
  source: AsyncIterable<Uint8Array>,
  format: 'gzip' | 'zstd',
): AsyncGenerator<Uint8Array> {
  const decoder: Transform & Zlib =
    format === 'gzip'
      ? createGunzip(shape)
      : createZstdDecompress({
          ...shape,
          params: { [constants.ZSTD_d_windowLogMax]: largestWindowLog },
        })
  const feeding = feedInto(decoder, source)
  try {
    yield* decoder as AsyncIterable<Uint8Array>
    feeding.stop()
    // Node's decoders stop without a word at bytes that are no further member.
    const { givenBytes, wholly } = await feeding.ended
    if (!wholly || decoder.bytesWritten !== givenBytes) {
      throw new ImageDamagedError(`something else follows the end of its ${format} data`)
    }
  } catch (error) {
    throw isDecoderError(error) ? new ImageDamagedError(messageOf(error), error) : error
  } finally {
    feeding.stop()
    decoder.destroy()
  }
}

function isDecoderError(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return code.startsWith('Z_') || code.startsWith('ZSTD_')
}
