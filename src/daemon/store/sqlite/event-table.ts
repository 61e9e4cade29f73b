import type { NewEvent, RepaveEvent } from '../../../contract/event.ts'
import type { Statements } from './statements.ts'
import { type EventRow, sqlBuilder } from './tables.ts'

/** Thousands a second go in: the one statement that is not built anew each time. */
const insertText =
  'insert into event (timeMs, type, action, key, principal, machineId, runId, body) ' +
  'values (?, ?, ?, ?, ?, ?, ?, ?)'

/** @param body the event's, as JSON; returns the number it got */
export function insertEvent(statements: Statements, event: NewEvent, body: string): number {
  const { timeMs, type, action, key, principal, machineId = null, runId = null } = event
  const values = [timeMs, type, action, key, principal, machineId, runId]
  return statements.insert(insertText, [...values, body])
}

export function readLastSeq(statements: Statements): number {
  const row = statements.first(
    sqlBuilder.selectFrom('event').select(({ fn }) => fn.max('seq').as('seq')),
  )
  return row?.seq ?? 0
}

/** Events after a number, up to and with another one. */
export function readEventsSince(
  statements: Statements,
  { after, until, limit }: { after: number; until: number; limit: number },
): RepaveEvent[] {
  const query = sqlBuilder.selectFrom('event').selectAll()
  const between = query.where('seq', '>', after).where('seq', '<=', until)
  const rows = statements.all(between.orderBy('seq').limit(limit))
  return rows.map(eventFromRow)
}

function eventFromRow(row: Omit<EventRow, 'seq'> & { seq: number }): RepaveEvent {
  const { machineId, runId, body, ...rest } = row
  return {
    ...rest,
    ...(machineId === null ? {} : { machineId }),
    ...(runId === null ? {} : { runId }),
    body: JSON.parse(body) as RepaveEvent['body'],
  }
}
