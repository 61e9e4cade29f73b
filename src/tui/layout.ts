/** Where things go on a screen of that size. */
export interface Layout {
  /** `line`: too small for anything but one line of status. */
  readonly kind: 'wide' | 'narrow' | 'line'
  readonly columns: number
  /** Rows used in all: one less than the terminal has, so that it never scrolls. */
  readonly rows: number
  /** Rows between the header and the line of keys. */
  readonly bodyRows: number
  readonly listColumns: number
  /** Characters of text beside or in place of the list. */
  readonly detailColumns: number
}

/** From this width on, list and detail stand side by side. */
const wideColumns = 120
const smallestColumns = 40
const smallestRows = 10
/** Header and keys. */
const frameRows = 2

export function layoutOf(columns: number, terminalRows: number, isOpen: boolean): Layout {
  const rows = Math.max(1, terminalRows - 1)
  const bodyRows = Math.max(1, rows - frameRows)
  if (columns < smallestColumns || terminalRows < smallestRows) {
    return { kind: 'line', columns, rows, bodyRows, listColumns: columns, detailColumns: columns }
  }
  if (columns < wideColumns || isOpen) {
    return { kind: 'narrow', columns, rows, bodyRows, listColumns: columns, detailColumns: columns }
  }
  const listColumns = Math.min(90, Math.floor(columns * 0.45))
  // A line and a space stand between the two.
  const detailColumns = columns - listColumns - 2
  return { kind: 'wide', columns, rows, bodyRows, listColumns, detailColumns }
}

/** Which part of a list is shown: as many rows as there are, the selected one always among them. */
export function visibleRange(
  count: number,
  selected: number,
  rows: number,
): { readonly first: number; readonly end: number } {
  const room = Math.max(1, rows)
  const first = Math.min(Math.max(0, selected - Math.floor(room / 2)), Math.max(0, count - room))
  return { first, end: Math.min(count, first + room) }
}
