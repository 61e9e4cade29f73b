import { Box, Text } from 'ink'
import { createElement as h, type ReactElement, useContext } from 'react'

import type { Tone } from '../../presentation/state-mark.ts'
import { visibleRange } from '../layout.ts'
import { ThemeContext, toneStyle } from '../theme.ts'

export interface ShownRow {
  readonly key: string
  /** Begins with a blank, where the cursor stands that has no colour. */
  readonly text: string
  readonly tone: Tone
  readonly isMarked?: boolean
}

/** A list with a cursor; only the rows that are visible are made. */
export function RowList<Item>({
  items,
  selected,
  columns,
  rows,
  rowOf,
  empty,
}: {
  items: readonly Item[]
  /** Place of the cursor. */
  selected: number
  columns: number
  rows: number
  rowOf: (item: Item) => ShownRow
  /** What stands there where there is nothing to list. */
  empty: string
}): ReactElement {
  const theme = useContext(ThemeContext)
  const { first, end } = visibleRange(items.length, selected, rows)
  const shown = items.slice(first, end).map((item, offset) => {
    const { key, text, tone, isMarked } = rowOf(item)
    const isSelected = first + offset === selected
    const cursor = isSelected && !theme.colour ? '>' : isMarked === true ? '*' : ' '
    const inverse = isSelected && theme.colour
    return h(
      Text,
      { key, wrap: 'truncate', inverse, ...toneStyle(theme, tone) },
      cursor + text.slice(1),
    )
  })
  return h(
    Box,
    { flexDirection: 'column', width: columns, height: rows, flexShrink: 0 },
    ...(shown.length > 0 ? shown : [h(Text, { key: 'empty', wrap: 'wrap' }, empty)]),
  )
}
