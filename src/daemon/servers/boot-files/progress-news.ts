import type { Clock } from '../../../base/clock.ts'

/** How far a transfer is. */
export interface Progress {
  readonly sentBytes: number
  readonly sizeBytes: number
  readonly percent: number
}

/** One line in so long for each transfer; what is quicker than this is told of when it has ended. */
const silenceMs = 5000

/** Tells of a transfer that takes long, whenever it is called and there has been nothing for a while. */
export function progressNews(
  clock: Pick<Clock, 'monotonicMs'>,
  sizeBytes: number,
  tell: (progress: Progress) => void,
): (sentBytes: number) => void {
  let saidAtMs = clock.monotonicMs()
  return (sentBytes) => {
    const nowMs = clock.monotonicMs()
    if (nowMs - saidAtMs < silenceMs || sentBytes >= sizeBytes) return
    saidAtMs = nowMs
    tell({ sentBytes, sizeBytes, percent: Math.floor((100 * sentBytes) / sizeBytes) })
  }
}
