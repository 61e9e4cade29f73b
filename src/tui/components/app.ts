import { useInput, useWindowSize } from 'ink'
import { createElement as h, type ReactElement, useSyncExternalStore } from 'react'

import { readScreenKeys } from '../screen-key.ts'
import type { ScreenStore } from '../screen-store.ts'
import { type Theme, ThemeContext } from '../theme.ts'
import { Screen } from './screen.ts'

/** The terminal UI: draws what the store holds and hands it the keys. */
export function App({
  store,
  theme,
  onQuit,
}: {
  store: ScreenStore
  theme: Theme
  onQuit: () => void
}): ReactElement {
  const state = useSyncExternalStore(store.subscribe, store.read)
  const { columns, rows } = useWindowSize()
  useInput((input, key) => {
    for (const meaning of readScreenKeys(input, key)) {
      if (meaning === 'quit') onQuit()
      else store.dispatch({ kind: 'key', key: meaning })
    }
  })
  return h(ThemeContext.Provider, { value: theme }, h(Screen, { state, columns, rows }))
}
