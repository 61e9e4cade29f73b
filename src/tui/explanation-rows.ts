import type { Explanation } from '../contract/explanation.ts'
import {
  explanationSentence,
  hintLines,
  hopLines,
  isUnremarkable,
} from '../presentation/explanation-lines.ts'
import type { Tone } from '../presentation/state-mark.ts'

interface ExplanationRow {
  readonly text: string
  readonly tone: Tone
}

/** Steps of the boot that are shown at most, the last ones. */
const shownHops = 6

/**
 * Why a machine is stuck, has failed or waits, and its last steps; nothing where it asks for nobody.
 *
 * @param width columns that a row may take
 * @param rows so many at most: the steps go first, the sentence last
 */
export function explanationRows(
  explanation: Explanation,
  { nowMs, width, rows }: { nowMs: number; width: number; rows: number },
): ExplanationRow[] {
  if (isUnremarkable(explanation)) return []
  const tone = explanation.state === 'waiting' ? 'attention' : 'bad'
  const sentence = wrapWords(explanationSentence(explanation, nowMs), width)
  const hint = hintLines(explanation).flatMap((line) => wrapWords(line, width))
  const said: ExplanationRow[] = [
    ...sentence.map((text) => ({ text, tone }) as const),
    ...hint.map((text) => ({ text, tone: 'active' }) as const),
  ]
  const room = Math.min(shownHops, rows - said.length)
  const hops = room > 0 ? hopLines(explanation).slice(-room) : []
  return [...said, ...hops.map((text) => ({ text, tone: 'idle' }) as const)].slice(
    0,
    Math.max(0, rows),
  )
}

/** Lines of at most `width` characters, broken between words; all but the first are set in. */
function wrapWords(text: string, width: number): string[] {
  const margin = ' '.repeat(Math.min(8, Math.floor(width / 4)))
  const lines: string[] = []
  let line = /^ */.exec(text)?.[0] ?? ''
  let isEmpty = true
  for (const word of text.trim().split(' ')) {
    const candidate = isEmpty ? `${line}${word}` : `${line} ${word}`
    if (isEmpty || Array.from(candidate).length <= width) line = candidate
    else {
      lines.push(line)
      line = `${margin}${word}`
    }
    isEmpty = false
  }
  return [...lines, line]
}
