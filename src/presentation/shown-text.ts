import { inertText } from '../base/ascii.ts'

/** Text that came from a machine, safe on a terminal: inert, one line, `absent` where there is none. */
export function shownText(text: string | undefined, maximumLength = 80, absent = '-'): string {
  const inert = inertText(text ?? '', maximumLength).trim()
  return inert === '' ? absent : inert
}

/** At most `width` characters; what is cut off is marked. Never splits a surrogate pair. */
export function cutText(text: string, width: number, mark = '…'): string {
  const characters = Array.from(text)
  if (characters.length <= width) return text
  return width <= mark.length
    ? characters.slice(0, Math.max(0, width)).join('')
    : characters.slice(0, width - mark.length).join('') + mark
}

/** The first eight digits of a uuid: what people read, and enough for the command line. */
export function shortId(id: string): string {
  return id.slice(0, 8)
}
