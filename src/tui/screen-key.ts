import type { Key } from 'ink'

import type { ScreenKey } from './screen-state.ts'

/** What a person can ask for by a key. */
export type KeyMeaning = ScreenKey | 'quit'

const characters: Readonly<Record<string, KeyMeaning>> = {
  k: 'up',
  j: 'down',
  g: 'first',
  G: 'last',
  '?': 'help',
  q: 'quit',
  '\r': 'open',
}

/** What a key press asks for; several where a fast typist's keys came in one piece, none where they mean nothing. */
export function readScreenKeys(input: string, key: Key): KeyMeaning[] {
  if (key.upArrow) return ['up']
  if (key.downArrow) return ['down']
  if (key.pageUp) return ['page-up']
  if (key.pageDown) return ['page-down']
  if (key.return) return ['open']
  if (key.escape) return ['back']
  if (key.ctrl) return input === 'c' ? ['quit'] : []
  return Array.from(input).flatMap((character) =>
    Object.hasOwn(characters, character) ? (characters[character] ?? []) : [],
  )
}
