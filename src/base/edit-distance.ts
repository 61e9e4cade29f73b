/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
export function editDistance(left: string, right: string): number {
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
