import type { Image } from '../contract/api-documents.ts'
import type { RepaveEvent } from '../contract/event.ts'
import type { Machine } from '../contract/machine.ts'
import type { Run } from '../contract/run.ts'
import type { StageState } from './run-stages.ts'

/** What a state means to whoever watches; a screen gives each its colour. */
export type Tone = 'good' | 'active' | 'waiting' | 'attention' | 'bad' | 'idle'

/** A state as people see it: the word tells, the symbol and the colour only help to find it. */
export interface StateMark {
  readonly word: string
  readonly tone: Tone
}

const symbols: Readonly<Record<Tone, { readonly unicode: string; readonly ascii: string }>> = {
  good: { unicode: '✓', ascii: '+' },
  active: { unicode: '▶', ascii: '>' },
  waiting: { unicode: '●', ascii: 'o' },
  attention: { unicode: '!', ascii: '!' },
  bad: { unicode: '✗', ascii: 'x' },
  idle: { unicode: '·', ascii: '.' },
}

/** One character for a tone; `ascii` where the terminal's locale is not UTF-8. */
export function toneSymbol(tone: Tone, ascii: boolean): string {
  return ascii ? symbols[tone].ascii : symbols[tone].unicode
}

const machineTones: Readonly<Record<Machine['state'], Tone>> = {
  discovering: 'active',
  ready: 'waiting',
  deploying: 'active',
  deployed: 'good',
  failed: 'bad',
  held: 'attention',
  'pending-approval': 'attention',
  conflict: 'bad',
  retired: 'idle',
}

/** The machine's state, sharpened by its run: a deployment that waits does not read as one that works. */
export function machineMark(machine: Machine, run: Run | undefined): StateMark {
  if (machine.state === 'deploying' && run !== undefined) {
    if (run.state === 'waiting-approval') return { word: 'approval', tone: 'attention' }
    if (run.state === 'held' || run.state === 'lost') return { word: run.state, tone: 'attention' }
    if (run.state === 'queued') return { word: 'waiting', tone: 'waiting' }
  }
  return { word: machine.state, tone: machineTones[machine.state] }
}

const runTones: Readonly<Record<Run['state'], Tone>> = {
  queued: 'waiting',
  running: 'active',
  'waiting-approval': 'attention',
  held: 'attention',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'idle',
  lost: 'attention',
}

export function runMark(run: Run): StateMark {
  return { word: run.state, tone: runTones[run.state] }
}

export function imageMark({ state, signature }: Image): StateMark {
  if (state === 'quarantined') return { word: state, tone: 'bad' }
  return signature === 'signed'
    ? { word: state, tone: 'good' }
    : { word: 'unsigned', tone: 'attention' }
}

/** Words of an action that call for a second look. */
const badActions = /fail|lost|refus|damag|quarantin|conflict|died/
const attentionActions = /held|hold|wait|retry|foreign|lagging|full/

export function eventTone({ action }: RepaveEvent): Tone {
  if (badActions.test(action)) return 'bad'
  if (attentionActions.test(action)) return 'attention'
  return action === 'succeeded' || action === 'deployed' ? 'good' : 'waiting'
}

const taskTones: Readonly<Record<StageState, Tone>> = {
  pending: 'idle',
  running: 'active',
  'waiting-retry': 'attention',
  succeeded: 'good',
  failed: 'bad',
  skipped: 'idle',
}

export function stageMark(state: StageState): StateMark {
  return { word: state, tone: taskTones[state] }
}
