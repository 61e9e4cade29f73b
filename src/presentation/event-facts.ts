import type { RepaveEvent } from '../contract/event.ts'
import { type Machine, machineSchema } from '../contract/machine.ts'
import { type Failure, failureSchema, type Run, runSchema } from '../contract/run.ts'

/** What was read of an event, for as long as somebody holds it: several look at each. */
const runs = new WeakMap<RepaveEvent, Run | null>()
const machines = new WeakMap<RepaveEvent, Machine | null>()

/** The whole run that an event of type `run` carries; undefined when it carries none. */
export function runOfEvent(event: RepaveEvent): Run | undefined {
  if (event.type !== 'run') return undefined
  let run = runs.get(event)
  if (run === undefined) {
    run = readMember(runSchema, event.body['run'])
    runs.set(event, run)
  }
  return run ?? undefined
}

/** The whole machine that an event carries; undefined when it carries none. */
export function machineOfEvent(event: RepaveEvent): Machine | undefined {
  const carried = event.body['machine']
  if (carried === undefined) return undefined
  let machine = machines.get(event)
  if (machine === undefined) {
    machine = readMember(machineSchema, carried)
    machines.set(event, machine)
  }
  return machine ?? undefined
}

function readMember<Value>(
  schema: { safeParse(value: unknown): { readonly data?: Value | undefined } },
  value: unknown,
): Value | null {
  return schema.safeParse(value).data ?? null
}

/** Lines of a `log` event, as they came: hostile until shown. */
export function linesOfEvent(event: RepaveEvent): string[] {
  const lines = event.body['lines']
  if (event.type !== 'log' || !Array.isArray(lines)) return []
  return lines.filter((line) => typeof line === 'string')
}

/** A member of the body that is text; undefined otherwise. */
export function textOfEvent(event: RepaveEvent, member: string): string | undefined {
  const value = event.body[member]
  return typeof value === 'string' ? value : undefined
}

/** Why it went wrong, where the event says so. */
export function failureOfEvent(event: RepaveEvent): Failure | undefined {
  return failureSchema.safeParse(event.body['failure']).data
}
