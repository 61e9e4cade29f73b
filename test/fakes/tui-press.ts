import { nextScreen } from '../../src/tui/next-screen.ts'
import type { NamedKey, Press } from '../../src/tui/press.ts'
import type { ScreenState } from '../../src/tui/screen-state.ts'

const namedKeys: ReadonlySet<string> = new Set<NamedKey>([
  'up',
  'down',
  'page-up',
  'page-down',
  'enter',
  'escape',
  'backspace',
  'interrupt',
])

/** The screen after keys: `<enter>` is the key of that name, everything else is typed as it stands. */
export function pressed(state: ScreenState, ...keys: readonly string[]): ScreenState {
  return keys.flatMap(pressesOf).reduce((before, press) => {
    const { wish: _, ...rest } = before
    return nextScreen(rest, { kind: 'press', press })
  }, state)
}

function pressesOf(text: string): Press[] {
  const name = /^<(.+)>$/.exec(text)?.[1]
  if (name !== undefined && namedKeys.has(name)) return [{ kind: 'key', key: name as NamedKey }]
  return Array.from(text).map((character) => ({ kind: 'character', character }))
}
