import { inertText } from '../base/ascii.ts'

/** What a terminal obeys rather than shows: colours, the place of the cursor, titles (ECMA-48 §5.3 to §5.6). */
const controlSequence =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/g

const longestLine = 2000

/** Lines of a serial line as they can be shown: without what moves the cursor, and inert. */
export function consoleLines(text: string): string[] {
  return text
    .replaceAll(controlSequence, '')
    .split(/\r*\n|\r+/)
    .map((line) => inertText(typedOver(line), longestLine).trimEnd())
}

/** Backspaces go back, and what follows takes the place of what was there: percentages are counted that way. */
function typedOver(line: string): string {
  const shown: string[] = []
  let at = 0
  for (const character of line) {
    if (character === '\b') at = Math.max(0, at - 1)
    else shown[at++] = character
  }
  return shown.join('')
}
