import type { HistoryEntry } from '../../../contract/machine-actions.ts'
import type { Run } from '../../../contract/run.ts'
import { readReceipt } from '../workflow/check-receipt.ts'

/** Runs of one machine that its history goes back to. */
export const longestHistory = 1000

/** A run in short. */
export function historyEntry(run: Run, nowMs: number): HistoryEntry {
  const bytesWritten = run.receipt && readReceipt(run.receipt.receipt)?.bytesWritten
  const { startedAtMs, endedAtMs, receipt, disk, failure, imageDigest, params } = run
  return {
    runId: run.id,
    workflow: run.workflow,
    state: run.state,
    ...(params.imageName === undefined ? {} : { imageName: params.imageName }),
    ...(imageDigest === undefined ? {} : { imageDigest }),
    ...(disk?.serial === undefined ? {} : { diskSerial: disk.serial }),
    createdAtMs: run.createdAtMs,
    ...(startedAtMs === undefined
      ? {}
      : { startedAtMs, durationMs: Math.max(0, (endedAtMs ?? nowMs) - startedAtMs) }),
    ...(endedAtMs === undefined ? {} : { endedAtMs }),
    ...(receipt === undefined ? {} : { receiptDigest: receipt.digest }),
    ...(bytesWritten === undefined ? {} : { bytesWritten }),
    ...(failure === undefined ? {} : { failure }),
  }
}
