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
  const spread = Array.from({ length: spreadProbes }, (_, number) =>
    Math.floor((number * candidates.length) / spreadProbes),
  )
  const places = new Set([...Array.from({ length: firstProbes }, (_, number) => number), ...spread])
  return candidates.filter((_, place) => places.has(place))
}
