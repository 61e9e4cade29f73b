import { type StateMark, toneSymbol } from '../../presentation/state-mark.ts'
import { html, type Html } from './html.ts'

/** A state: symbol, word and colour, as in the terminal. */
export function markHtml({ tone, word }: StateMark): Html {
  return html`<span class="mark ${tone}">${toneSymbol(tone, false)} ${word}</span>`
}
