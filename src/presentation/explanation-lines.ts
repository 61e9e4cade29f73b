import type { Explanation } from '../contract/explanation.ts'
import { durationText } from './duration-text.ts'
import { shownText } from './shown-text.ts'

const longestText = 400

/** Why a machine is where it is: one sentence, what to try, and how it came there. Inert. */
export function explanationLines(explanation: Explanation, nowMs: number): string[] {
  const hops = hopLines(explanation)
  return [
    explanationSentence(explanation, nowMs),
    ...hintLines(explanation),
    ...(hops.length === 0 ? [] : ['']),
    ...hops,
  ]
}

/** What to try, on one line; none where there is nothing to. */
export function hintLines({ hint }: Explanation): string[] {
  return hint === undefined ? [] : [`  try   ${shownText(hint, longestText)}`]
}

/** Each step of this boot: how long after the first it was, and how long after the one before. */
export function hopLines({ timeline }: Explanation): string[] {
  const [first] = timeline
  return timeline.map(({ atMs, text }, index) => {
    const sinceFirst = durationText(atMs - (first?.atMs ?? atMs)).padStart(8)
    const step = durationText(atMs - (timeline[index - 1]?.atMs ?? atMs)).padStart(7)
    return `  ${sinceFirst}  +${step.trimStart().padEnd(7)}  ${shownText(text, longestText)}`
  })
}

/** Whether a machine asks for nobody: it does what it should, or has nothing to do. */
export function isUnremarkable({ state }: Explanation): boolean {
  return state === 'fine' || state === 'working'
}

/** `node-1 is stuck: iPXE was offered 10.0.0.7. Missing for 32s: a REQUEST from iPXE (usually 0.1s)` */
export function explanationSentence(explanation: Explanation, nowMs: number): string {
  const { machineName, state, lastGood, expected, sinceMs, usuallyMs } = explanation
  const since = durationText(nowMs - sinceMs)
  const opening = `${machineName} ${words[state]}: ${shownText(lastGood, longestText)}`
  if (expected === undefined) return `${opening}, ${since} ago`
  const next = shownText(expected, longestText)
  if (state === 'failed') return `${opening}. It needed ${next}; ended ${since} ago`
  const usually = usuallyMs === undefined ? '' : ` (usually ${durationText(usuallyMs)})`
  return `${opening}. ${state === 'stuck' ? 'Missing' : 'Awaited'} for ${since}: ${next}${usually}`
}

const words: Readonly<Record<Explanation['state'], string>> = {
  fine: 'is fine',
  working: 'is at work',
  stuck: 'is stuck',
  failed: 'has failed',
  waiting: 'waits',
}
