import type { Explanation } from '../../../contract/explanation.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import { bootRules } from './boot-rules.ts'
import type { HopLog } from './hop-log.ts'
import type { Hop } from './hop.ts'
import { runRules, taskRules } from './run-rules.ts'
import type { Situation } from './situation.ts'
import type { StuckRule } from './stuck-rule.ts'

/** Every cause, in the order in which they are tried. */
export const stuckRules: readonly StuckRule[] = [...runRules, ...bootRules, ...taskRules]

/** What is known of a machine that has not been seen to boot. */
const standings: Readonly<Record<Machine['state'], string>> = {
  discovering: 'it takes inventory',
  ready: 'it is ready',
  deploying: 'its deployment is ordered',
  deployed: 'it is deployed',
  failed: 'its last run failed',
  held: 'it is held',
  'pending-approval': 'it is new here',
  conflict: 'nobody can say which machine it is',
  retired: 'it is out of use',
}

/** How much longer than usual something may take. */
const patienceFactor = 3

/** Why a machine is where it is. */
export function explainMachine(
  situation: Situation,
  history: Pick<HopLog, 'usuallyMs'>,
): Explanation {
  const rule = stuckRules.find(({ fits }) => fits(situation))
  if (rule === undefined) throw new TypeError('the last rule fits everything')
  const { machine, last, nowMs } = situation
  const sinceMs = rule.since?.(situation) ?? last?.atMs ?? machine.lastSeenAtMs
  const step = told(rule.step, situation)
  const usuallyMs = step === undefined ? undefined : history.usuallyMs(step)
  const expected = told(rule.expected, situation)
  const hint = told(rule.hint, situation)
  return {
    machineName: machine.name,
    state: isLate(rule, nowMs - sinceMs, usuallyMs) ? 'stuck' : rule.state,
    cause: rule.cause,
    lastGood: rule.lastGood?.(situation) ?? last?.text ?? standings[machine.state],
    ...(expected === undefined ? {} : { expected }),
    sinceMs,
    ...(usuallyMs === undefined ? {} : { usuallyMs }),
    ...(hint === undefined ? {} : { hint }),
    timeline: timelineOf(situation),
  }
}

function isLate(
  { state, patienceSeconds }: StuckRule,
  waitedMs: number,
  usuallyMs: number | undefined,
): boolean {
  if (state !== 'working' || patienceSeconds === undefined) return false
  return waitedMs > Math.max(patienceSeconds * 1000, patienceFactor * (usuallyMs ?? 0))
}

function told(
  text: string | ((situation: Situation) => string) | undefined,
  situation: Situation,
): string | undefined {
  return typeof text === 'function' ? text(situation) : text
}

function timelineOf({ boot, run }: Situation): Explanation['timeline'] {
  const hops = [...boot, ...(run === undefined ? [] : tasksOf(run))]
  return hops
    .toSorted((left, right) => left.atMs - right.atMs)
    .map(({ kind, atMs, text }) => ({ kind, atMs, text }))
}

function tasksOf({ tasks }: Run): Hop[] {
  return tasks.flatMap(({ task, stage, state, startedAtMs, endedAtMs, failure }): Hop[] => {
    if (startedAtMs === undefined) return []
    const name = `${stage} / ${task.name}`
    const begun: Hop = { kind: 'task', atMs: startedAtMs, text: `${name} began` }
    if (endedAtMs === undefined) return [begun]
    const isHome = task.action === 'await-phone-home' && state === 'succeeded'
    const why = failure === undefined || state === 'succeeded' ? '' : `: ${failure.message}`
    const text = isHome ? 'the system on its disk has called home' : `${name} ${state}${why}`
    return [begun, { kind: isHome ? 'called-home' : 'task', atMs: endedAtMs, text }]
  })
}
