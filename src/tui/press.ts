import type { Key } from 'ink'

/** Keys that are no character. */
export type NamedKey =
  'up' | 'down' | 'page-up' | 'page-down' | 'enter' | 'escape' | 'backspace' | 'interrupt'

export type Press =
  | { readonly kind: 'key'; readonly key: NamedKey }
  | { readonly kind: 'character'; readonly character: string }

const controlCharacters: Readonly<Record<string, NamedKey>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\u007f': 'backspace',
}

/** What was pressed; several where a fast typist's keys came in one piece, none where they mean nothing. */
export function readPresses(input: string, key: Key): Press[] {
  const named = namedKey(input, key)
  if (named !== undefined) return [{ kind: 'key', key: named }]
  if (key.ctrl || key.meta) return []
  return Array.from(input).flatMap((character): Press[] => {
    const control = controlCharacters[character]
    if (control !== undefined) return [{ kind: 'key', key: control }]
    return character < ' ' ? [] : [{ kind: 'character', character }]
  })
}

function namedKey(input: string, key: Key): NamedKey | undefined {
  if (key.upArrow) return 'up'
  if (key.downArrow) return 'down'
  if (key.pageUp) return 'page-up'
  if (key.pageDown) return 'page-down'
  if (key.return) return 'enter'
  if (key.escape) return 'escape'
  if (key.backspace || key.delete) return 'backspace'
  return key.ctrl && input === 'c' ? 'interrupt' : undefined
}
