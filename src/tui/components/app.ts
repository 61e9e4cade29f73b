import { useInput, useWindowSize } from 'ink'
import { createElement as h, type ReactElement, useSyncExternalStore } from 'react'

import { readPresses } from '../press.ts'
import type { ScreenStore } from '../screen-store.ts'
import { type Theme, ThemeContext } from '../theme.ts'
import { Screen } from './screen.ts'

/** The terminal UI: draws what the store holds and hands it the keys. */
export function App({ store, theme }: { store: ScreenStore; theme: Theme }): ReactElement {
  const state = useSyncExternalStore(store.subscribe, store.read)
  const { columns, rows } = useWindowSize()
  useInput((input, key) => {
    for (const press of readPresses(input, key)) store.dispatch({ kind: 'press', press })
  })
  return h(ThemeContext.Provider, { value: theme }, h(Screen, { state, columns, rows }))
}
