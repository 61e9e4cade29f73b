import { createHash } from 'node:crypto'

import { type AuditEntry, auditEntrySchema } from '../../../contract/audit.ts'
import type { AuditLog } from '../../domain/access/audit-log.ts'
import type { Journal } from './journal.ts'
import type { Statements } from './statements.ts'
import { type AuditRow, sqlBuilder } from './tables.ts'

/** What the first entry follows. */
const firstHash = '0'.repeat(64)
const verifiedAtATime = 1000

/**
 * The audit log, a chain of hashes: whoever changes an entry has to change all that follow, and the newest
 * hash is then another than the one that was noted elsewhere.
 */
export function createAuditLog(journal: Journal, statements: Statements): AuditLog {
  const rowsAfter = (number: number, limit: number): AuditRow[] =>
    statements.all(
      sqlBuilder
        .selectFrom('audit')
        .selectAll()
        .where('number', '>', number)
        .orderBy('number')
        .limit(limit),
    )
  const newest = () =>
    statements.first(sqlBuilder.selectFrom('audit').selectAll().orderBy('number', 'desc').limit(1))
  return {
    append(entry) {
      return journal.submit(() => {
        const before = newest()
        const number = (before?.number ?? 0) + 1
        const document = JSON.stringify(entry)
        const hash = hashOf(before?.hash ?? firstHash, number, document)
        const row = { number, timeMs: entry.timeMs, document, hash }
        statements.run(sqlBuilder.insertInto('audit').values(row))
      })
    },
    async readAfter(number, limit) {
      const rows = await journal.read(() => rowsAfter(number, limit))
      return rows.map(entryOf)
    },
    async verify() {
      let hash = firstHash
      let entries = 0
      for (let rows = rowsAfter(0, verifiedAtATime); rows.length > 0;) {
        for (const row of rows) {
          hash = hashOf(hash, ++entries, row.document)
          if (row.number !== entries || row.hash !== hash) {
            return { entries, isWhole: false, brokenAt: entries, hash: row.hash }
          }
        }
        rows = rowsAfter(entries, verifiedAtATime)
      }
      return { entries, isWhole: true, hash }
    },
  }
}

function hashOf(before: string, number: number, document: string): string {
  return createHash('sha256').update(`${before}\n${number}\n${document}`).digest('hex')
}

function entryOf({ number, document, hash }: AuditRow): AuditEntry {
  return auditEntrySchema.parse({ ...(JSON.parse(document) as object), number, hash })
}
