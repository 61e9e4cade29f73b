import type { RepaveEvent } from '../contract/event.ts'
import { type Machine, machineSchema } from '../contract/machine.ts'
import { type Failure, failureSchema, type Run, runSchema } from '../contract/run.ts'

/** The whole run that an event of type `run` carries; undefined when it carries none. */
export function runOfEvent(event: RepaveEvent): Run | undefined {
  if (event.type !== 'run') return undefined
  const reading = runSchema.safeParse(event.body['run'])
  return reading.success ? reading.data : undefined
}

/** The whole machine that an event carries; undefined when it carries none. */
export function machineOfEvent(event: RepaveEvent): Machine | undefined {
  const reading = machineSchema.safeParse(event.body['machine'])
  return reading.success ? reading.data : undefined
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
