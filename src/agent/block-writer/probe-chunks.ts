import type { PlannedChunk } from './write-plan.ts'

const firstProbes = 4
const spreadProbes = 12

/**
 * The chunks that tell whether an image, or a part of it, lies on the disk already: the first ones, which
 * a write that was interrupted has left, and some from all over it. Zeros tell nothing, and the first
 * chunk of all tells nothing after an interruption.
 */
export function probeChunks(chunks: readonly PlannedChunk[]): PlannedChunk[] {
  const stored = chunks.filter(({ stored: place }) => place !== undefined)
  const behindHead = stored.filter(({ index }) => index > 0)
  const candidates = behindHead.length === 0 ? stored : behindHead
  return [
    ...new Set([...candidates.slice(0, firstProbes), ...spreadOver(candidates, spreadProbes)]),
  ]
}

/** Some from all over a row: all of it where it has no more than `count`. */
export function spreadOver<T>(row: readonly T[], count: number): T[] {
  const stride = Math.max(1, row.length / count)
  return row.filter((_, place) => Math.floor(place % stride) === 0)
}
