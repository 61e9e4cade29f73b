import type { RepaveEvent } from '../contract/event.ts'
import { type DaemonToOperator, daemonToOperatorSchema } from '../contract/operator-frames.ts'

/**
 * A frame of the daemon; undefined for what is none, or of a kind that we do not know. Events come by the
 * thousand, so that only their own members are looked at: whoever uses what an event carries reads that by
 * its schema. All other frames are checked in full.
 */
export function readDaemonFrame(text: string): DaemonToOperator | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (isEventFrame(value)) return value
  return daemonToOperatorSchema.safeParse(value).data
}

function isEventFrame(
  value: unknown,
): value is Extract<DaemonToOperator, { frame: 'event' | 'events' }> {
  if (!isRecord(value) || typeof value['id'] !== 'string') return false
  if (value['frame'] === 'event') return isEvent(value['event'])
  const { events } = value
  return value['frame'] === 'events' && Array.isArray(events) && events.every(isEvent)
}

function isEvent(value: unknown): value is RepaveEvent {
  return (
    isRecord(value) &&
    Number.isSafeInteger(value['seq']) &&
    Number.isSafeInteger(value['timeMs']) &&
    ['type', 'action', 'key', 'principal'].every((name) => typeof value[name] === 'string') &&
    ['machineId', 'runId'].every((name) => isTextOrAbsent(value[name])) &&
    isRecord(value['body'])
  )
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
