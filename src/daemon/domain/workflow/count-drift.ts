import type { Drift } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import { readReceipt } from './check-receipt.ts'

export interface FoundDrift {
  readonly imageName: string
  /** Of the chunks that had to be written, although the image was on the disk already. */
  readonly bytesDifferent: number
  readonly imageBytes: number
}

/** What the write that just succeeded says of the disk before it; undefined where nothing can be said. */
export function driftOf(run: Run, taskName: string | undefined): FoundDrift | undefined {
  const writes = run.tasks.find(({ task }) => task.action === 'write-image')
  if (writes?.task.name !== taskName || run.receipt === undefined) return undefined
  if (run.imageDigest === undefined || run.previousImageDigest !== run.imageDigest) return undefined
  const receipt = readReceipt(run.receipt.receipt)
  if (receipt === undefined) return undefined
  const { imageName, bytesWritten, rawBytes } = receipt
  return { imageName, bytesDifferent: bytesWritten, imageBytes: rawBytes }
}

export function driftWith(before: Drift | undefined, bytesDifferent: number, nowMs: number): Drift {
  return {
    reprovisions: (before?.reprovisions ?? 0) + 1,
    corrections: (before?.corrections ?? 0) + (bytesDifferent > 0 ? 1 : 0),
    lastBytesDifferent: bytesDifferent,
    totalBytesDifferent: (before?.totalBytesDifferent ?? 0) + bytesDifferent,
    lastAtMs: nowMs,
  }
}
