import { Text } from 'ink'
import { createElement as h, type ReactElement } from 'react'

import { cutText } from '../../presentation/shown-text.ts'

/** What the keys do, as far as there is room. */
export function KeyLine({ isOpen, columns }: { isOpen: boolean; columns: number }): ReactElement {
  const keys = isOpen
    ? ['esc back', 'j/k other machine', '? help', 'q quit']
    : ['j/k move', 'enter open', '? help', 'q quit']
  return h(Text, { wrap: 'truncate', dimColor: true }, cutText(` ${keys.join('   ')}`, columns, ''))
}
