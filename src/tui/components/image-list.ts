import { createElement as h, type ReactElement, useContext } from 'react'

import { formatByteSize } from '../../base/byte-size.ts'
import type { Image } from '../../contract/api-documents.ts'
import { durationText } from '../../presentation/duration-text.ts'
import { shownText } from '../../presentation/shown-text.ts'
import { imageMark, toneSymbol } from '../../presentation/state-mark.ts'
import type { Layout } from '../layout.ts'
import { cursorIndex, listedImages } from '../listed.ts'
import { fittingColumns, rowText } from '../row-columns.ts'
import type { ScreenState } from '../screen-state.ts'
import { ThemeContext } from '../theme.ts'
import { RowList, type ShownRow } from './row-list.ts'

/** Every image on a line, with how many machines run it. */
export function ImageList({ state, layout }: { state: ScreenState; layout: Layout }): ReactElement {
  const { ascii } = useContext(ThemeContext)
  const images = listedImages(state)
  const columns = fittingColumns(
    [
      { name: 'name', width: 20 },
      { name: 'version', width: 20, dropped: 2 },
      { name: 'state', width: 12 },
      { name: 'size', width: 9 },
      { name: 'stored', width: 9, dropped: 3 },
      { name: 'machines', width: 12 },
      { name: 'age', width: 10, dropped: 1 },
    ],
    layout.columns,
  )
  const machines = [...state.fleet.machines.values()]
  const rowOf = (image: Image): ShownRow => {
    const { tone, word } = imageMark(image)
    const cells = columns.map(({ name }) => {
      if (name === 'name') return image.name
      if (name === 'version') return shownText(image.version)
      if (name === 'state') return word
      if (name === 'size') return formatByteSize(image.rawBytes)
      if (name === 'stored') return formatByteSize(image.packBytes)
      if (name === 'machines') {
        return `on ${machines.filter(({ imageName }) => imageName === image.name).length}`
      }
      return `${durationText(state.nowMs - image.importedAtMs)} old`
    })
    const symbol = toneSymbol(tone, ascii)
    const text = rowText(cells, columns, { symbol, ascii, width: layout.columns })
    return { key: image.name, text, tone }
  }
  const names = images.map(({ name }) => name)
  return h(RowList<Image>, {
    items: images,
    selected: cursorIndex(state, 'images', names),
    columns: layout.columns,
    rows: layout.bodyRows,
    rowOf,
    empty: ' No image yet: repave image build debian-12, then repave image import FILE',
  })
}
