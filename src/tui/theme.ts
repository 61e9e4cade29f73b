import { createContext } from 'react'

import { isUtf8 } from '../presentation/environment-text.ts'
import { type StateMark, type Tone, toneSymbol } from '../presentation/state-mark.ts'

/** What the terminal can show. */
export interface Theme {
  /** No character outside ASCII: the locale is not UTF-8. */
  readonly ascii: boolean
  readonly colour: boolean
}

export const ThemeContext = createContext<Theme>({ ascii: false, colour: false })

/** Text properties that ink gives a terminal's colours; the eight basic ones only. */
export interface ToneStyle {
  readonly color?: string
  readonly bold?: boolean
  readonly dimColor?: boolean
}

const styles: Readonly<Record<Tone, ToneStyle>> = {
  good: { color: 'blue' },
  active: { color: 'cyan' },
  waiting: {},
  attention: { color: 'yellow', bold: true },
  bad: { color: 'magenta', bold: true },
  idle: { dimColor: true },
}

/** Colour for a tone; never red against green, never the only sign, none where colours are off. */
export function toneStyle(theme: Theme, tone: Tone): ToneStyle {
  return theme.colour ? styles[tone] : {}
}

/** `✓ deployed` or, in ASCII, `+ deployed`. */
export function markText(theme: Theme, { tone, word }: StateMark): string {
  return `${toneSymbol(tone, theme.ascii)} ${word}`
}

/** From `NO_COLOR`, `TERM` and the locale's variables. */
export function themeOf(environment: Readonly<Record<string, string | undefined>>): Theme {
  const noColour = environment['NO_COLOR'] ?? ''
  return {
    ascii: !isUtf8(environment),
    colour: noColour === '' && environment['TERM'] !== 'dumb',
  }
}
