import { detectGptSectorBytes } from '../../../protocol/gpt/decode-gpt.ts'
import { isVhdFooter, vhdFooterBytes } from '../../../protocol/vhd/vhd-footer.ts'
import { ImageFormatError } from './errors.ts'
import { Peeked } from './peeked.ts'

export interface WholeDiskOptions {
  /** As the operator says; by default as the partition table says, else 512. */
  readonly sectorBytes?: 512 | 4096 | undefined
  /** Whether the end may look like that of another format. */
  readonly opaque: boolean
  readonly onPadding: (paddedBytes: number) => void
}

const gptHeaderEnd = 4096 + 512

/**
 * Passes a raw disk on, and zeros behind it up to a whole sector: no disk ends within one.
 *
 * @throws {ImageFormatError} when it was made for another sector size than was said, or ends as a VHD
 */
export async function* wholeDisk(
  raw: AsyncIterable<Uint8Array>,
  { sectorBytes: declared, opaque, onPadding }: WholeDiskOptions,
): AsyncGenerator<Uint8Array> {
  const peeked = new Peeked(raw)
  const detected = detectGptSectorBytes(await peeked.peek(gptHeaderEnd))
  if (detected !== undefined && declared !== undefined && detected !== declared) {
    throw new ImageFormatError(
      'raw',
      `its partition table is for sectors of ${detected} bytes, not ${declared}`,
      `leave out --sector-size, or give ${detected}`,
    )
  }
  let rawBytes = 0
  let tail: Uint8Array = new Uint8Array(0)
  for await (const part of peeked) {
    rawBytes += part.length
    tail = lastBytes(tail, part)
    yield part
  }
  if (!opaque && isVhdFooter(tail)) {
    throw new ImageFormatError('vhd', 'this is a VHD of fixed size, not a raw disk', '--format vhd')
  }
  const sectorBytes = declared ?? detected ?? 512
  const paddedBytes = (sectorBytes - (rawBytes % sectorBytes)) % sectorBytes
  onPadding(paddedBytes)
  if (paddedBytes > 0) yield new Uint8Array(paddedBytes)
}

function lastBytes(before: Uint8Array, part: Uint8Array): Uint8Array {
  if (part.length >= vhdFooterBytes) return part.subarray(part.length - vhdFooterBytes)
  return Buffer.concat([before, part]).subarray(-vhdFooterBytes)
}
