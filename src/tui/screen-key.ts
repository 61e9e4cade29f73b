import type { Key } from 'ink'

import type { ScreenKey } from './screen-state.ts'

/** What a key press asks for; undefined when it means nothing here. */
export function readScreenKey(input: string, key: Key): ScreenKey | 'quit' | undefined {
  if (key.upArrow) return 'up'
  if (key.downArrow) return 'down'
  if (key.pageUp) return 'page-up'
  if (key.pageDown) return 'page-down'
  if (key.return) return 'open'
  if (key.escape) return 'back'
  if (key.ctrl) return input === 'c' ? 'quit' : undefined
  const letters: Readonly<Record<string, ScreenKey | 'quit'>> = {
    k: 'up',
    j: 'down',
    g: 'first',
    G: 'last',
    '?': 'help',
    q: 'quit',
  }
  return Object.hasOwn(letters, input) ? letters[input] : undefined
}
