import { formatByteSize } from '../base/byte-size.ts'
import type { Receipt } from '../contract/receipt.ts'
import { durationText } from './duration-text.ts'

/** What was written: `1.5 GiB written in 2 s, 1.0 GiB was right already, ...`. */
export function writtenText(receipt: Receipt): string {
  const { bytesEqual = 0, readBack = 'complete' } = receipt
  const parts = [
    `${receipt.bytesWritten} bytes (${formatByteSize(receipt.bytesWritten)}) in ${durationText(receipt.writeMs)}`,
    bytesEqual === 0 ? [] : `${formatByteSize(bytesEqual)} was right already`,
    readBack === 'waived'
      ? 'NOT read back'
      : `${formatByteSize(receipt.bytesReadBack)} read back in ${durationText(receipt.readBackMs)}`,
    `${formatByteSize(receipt.bytesFetched)} fetched`,
  ]
  return parts.flat().join(', ')
}
