import type { WriteProgress } from '../contract/run.ts'

/** Live progress of one write, with what can only be told from several reports. */
export interface WriteView {
  readonly progress: WriteProgress
  /** Of the whole image, also while only its first MiB is left. */
  readonly imageBytes: number
  readonly phaseStartedAtMs: number
  /** When the byte count last grew. */
  readonly advancedAtMs: number
  /** Unrounded; absent until it means something. */
  readonly etaSeconds?: number
}

/** Time that a phase must have run before an estimate is worth showing. */
const etaAfterMs = 3000
/** A write without a new byte for this long is told to be stalled. */
const stalledAfterMs = 10_000

/** The view after one more report. The estimate at most doubles or halves from one report to the next. */
export function nextWriteView(
  previous: WriteView | undefined,
  progress: WriteProgress,
  nowMs: number,
): WriteView {
  const same = previous?.progress.phase === progress.phase ? previous : undefined
  const phaseStartedAtMs = same?.phaseStartedAtMs ?? nowMs
  const advanced = same === undefined || progress.doneBytes > same.progress.doneBytes
  const etaSeconds = estimateSeconds(same?.etaSeconds, progress, nowMs - phaseStartedAtMs)
  const { totalBytes } = progress
  return {
    progress,
    // A delta writes and verifies less than the image; the commit is a MiB or two of it.
    imageBytes: Math.max(previous?.imageBytes ?? 0, totalBytes),
    phaseStartedAtMs,
    advancedAtMs: advanced ? nowMs : same.advancedAtMs,
    ...(etaSeconds === undefined ? {} : { etaSeconds }),
  }
}

function estimateSeconds(
  previous: number | undefined,
  progress: WriteProgress,
  elapsedMs: number,
): number | undefined {
  if (elapsedMs < etaAfterMs || progress.bytesPerSecond === 0) return undefined
  const left = Math.max(0, progress.totalBytes - progress.doneBytes) / progress.bytesPerSecond
  if (previous === undefined) return left
  return Math.min(Math.max(left, previous / 2), Math.max(previous * 2, 1))
}

/** Milliseconds without a new byte once that is worth telling, else undefined. */
export function stalledMs(view: WriteView, nowMs: number): number | undefined {
  const stillMs = nowMs - view.advancedAtMs
  const complete = view.progress.doneBytes >= view.progress.totalBytes
  return stillMs > stalledAfterMs && !complete ? stillMs : undefined
}
