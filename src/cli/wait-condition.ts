import type { Machine } from '../contract/machine.ts'
import type { Run } from '../contract/run.ts'
import { currentTask, hasEnded } from '../presentation/run-stages.ts'
import { shownText } from '../presentation/shown-text.ts'
import { UsageError } from './errors.ts'

/** A run, or a machine with the run that is on it. */
export interface WaitedThing {
  readonly machine?: Machine
  readonly run: Run | undefined
}

export interface WaitCondition {
  readonly field: string
  valueOf(thing: WaitedThing): string | undefined
  isMet(thing: WaitedThing): boolean
}

const fields: Readonly<Record<string, (thing: WaitedThing) => string | undefined>> = {
  state: ({ machine, run }) => (machine ?? run)?.state,
  stage: ({ run }) => (run === undefined || hasEnded(run) ? undefined : currentTask(run)?.stage),
  image: ({ machine, run }) => (machine === undefined ? run?.params.imageName : machine.imageName),
  run: ({ run }) => run?.state,
}

/**
 * `state=deployed`.
 *
 * @throws {UsageError} when it is no condition
 */
export function readCondition(text: string): WaitCondition {
  const [field = '', value] = text.split(/=(.*)/s)
  const valueOf = Object.hasOwn(fields, field) ? fields[field] : undefined
  if (valueOf === undefined || value === undefined || value === '') {
    throw new UsageError(`no condition: ${shownText(text)}`, {
      remedy: `say FIELD=VALUE, where FIELD is one of ${Object.keys(fields).join(', ')}`,
    })
  }
  return { field, valueOf, isMet: (thing) => valueOf(thing) === value }
}

/** Whether nothing that is under way can still bring `condition` about. */
export function isOutOfReach(condition: WaitCondition, thing: WaitedThing): boolean {
  if (condition.isMet(thing)) return false
  const { machine, run } = thing
  if (machine !== undefined) return machine.state === 'failed'
  return run !== undefined && hasEnded(run)
}
