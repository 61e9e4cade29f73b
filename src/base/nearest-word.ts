/** The candidate that takes the fewest edits to reach from `word`; undefined when none is close. */
export function nearestWord(word: string, candidates: readonly string[]): string | undefined {
  const allowedEdits = Math.max(1, Math.floor(word.length / 3))
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .sort((left, right) => left.edits - right.edits)
  const best = ranked[0]
  return best !== undefined && best.edits <= allowedEdits ? best.candidate : undefined
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(left: string, right: string): number {
  const rows = [Array.from({ length: right.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= left.length; row++) {
    rows.push(nextRow(left, right, row, rows))
  }
  return rows[left.length]?.[right.length] ?? 0
}

function nextRow(left: string, right: string, row: number, rows: readonly number[][]): number[] {
  const above = rows[row - 1] ?? []
  const current = [row]
  for (let column = 1; column <= right.length; column++) {
    const same = left[row - 1] === right[column - 1]
    const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]
    const edits = Math.min(
      (above[column] ?? 0) + 1,
      (current[column - 1] ?? 0) + 1,
      (above[column - 1] ?? 0) + (same ? 0 : 1),
    )
    const swap = swapped ? (rows[row - 2]?.[column - 2] ?? 0) + 1 : edits
    current.push(Math.min(edits, swap))
  }
  return current
}
