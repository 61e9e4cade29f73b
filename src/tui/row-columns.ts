import { cutText } from '../presentation/shown-text.ts'

export interface RowColumn<Name extends string = string> {
  readonly name: Name
  readonly width: number
  /** Where the room does not suffice, columns with a number go, the lowest first. */
  readonly dropped?: number
}

/** The columns that fit into `width` characters. */
export function fittingColumns<Name extends string>(
  columns: readonly RowColumn<Name>[],
  width: number,
): RowColumn<Name>[] {
  let chosen = [...columns]
  const order = columns
    .filter(({ dropped }) => dropped !== undefined)
    .sort((left, right) => (left.dropped ?? 0) - (right.dropped ?? 0))
  for (const next of order) {
    if (rowWidth(chosen) <= width) break
    chosen = chosen.filter((column) => column !== next)
  }
  return chosen
}

/** Symbol and blank first, a blank after each column. */
function rowWidth(columns: readonly RowColumn[]): number {
  return columns.reduce((width, column) => width + column.width + 1, 3)
}

/** A row of exactly `width` characters: a symbol, then each cell in its column. */
export function rowText(
  cells: readonly string[],
  columns: readonly RowColumn[],
  { symbol, ascii, width }: { symbol: string; ascii: boolean; width: number },
): string {
  const mark = ascii ? '~' : '…'
  const padded = columns.map((column, index) =>
    cutText(cells[index] ?? '', column.width, mark).padEnd(column.width),
  )
  return cutText(` ${symbol} ${padded.join(' ')}`, width, mark).padEnd(width)
}
