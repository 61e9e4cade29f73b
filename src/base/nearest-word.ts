import { editDistance } from './edit-distance.ts'

/** The candidate that takes the fewest edits to reach from `word`; undefined when none is close. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  const allowedEdits = Math.max(1, Math.floor(word.length / 3))
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .sort((left, right) => left.edits - right.edits)
  const best = ranked[0]
  return best !== undefined && best.edits <= allowedEdits ? best.candidate : undefined
}
