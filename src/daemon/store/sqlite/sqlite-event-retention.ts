import type { EventRetention } from '../../domain/event/event-retention.ts'
import type { Journal } from './journal.ts'
import type { Statements } from './statements.ts'
import { sqlBuilder } from './tables.ts'

/** Rows that one transaction removes: others wait for it a few milliseconds. */
const removedTogether = 2000
const logType = 'log'

/** Numbers grow with time, so that the old end is read and nothing is searched. */
export function createEventRetention(journal: Journal, statements: Statements): EventRetention {
  const firstSince = (timeMs: number) =>
    statements.first(
      sqlBuilder
        .selectFrom('event')
        .select('seq')
        .where('timeMs', '>=', timeMs)
        .orderBy('seq')
        .limit(1),
    )?.seq
  /** The newest event is never removed: its number must not be given out again. */
  const endOf = (timeMs: number) => Math.min(firstSince(timeMs) ?? Infinity, journal.lastSeq())
  return {
    async forgetEvents({ beforeMs, logsBeforeMs }) {
      let removed = 0
      const removeBelow = async (end: number, type?: string) => {
        for (;;) {
          const old = sqlBuilder.selectFrom('event').select('seq').where('seq', '<', end)
          const typed = type === undefined ? old : old.where('type', '=', type)
          const rows = statements.all(typed.orderBy('seq').limit(removedTogether))
          const last = rows.at(-1)?.seq
          if (last === undefined) return
          const removal = sqlBuilder.deleteFrom('event').where('seq', '<=', last)
          const query = type === undefined ? removal : removal.where('type', '=', type)
          await journal.submit(() => {
            statements.run(query)
          })
          removed += rows.length
          // The daemon's other work comes between.
          await new Promise((resolve) => setImmediate(resolve))
        }
      }
      await removeBelow(endOf(beforeMs))
      await removeBelow(endOf(logsBeforeMs), logType)
      return removed
    },
  }
}
