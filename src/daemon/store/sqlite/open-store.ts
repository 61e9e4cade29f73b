import { chmodSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'

import type { Database } from 'better-sqlite3'

import type { Logger } from '../../../base/logger.ts'
import type { TokenStore } from '../../domain/access/access-token.ts'
import type { AnswerStore } from '../../domain/access/answer-store.ts'
import type { AuditLog } from '../../domain/access/audit-log.ts'
import type { EventLog } from '../../domain/event/event-log.ts'
import type { EventRetention } from '../../domain/event/event-retention.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import type { LeaseStore } from '../../domain/lease/lease-store.ts'
import type { StateStore } from '../../domain/workflow/state-store.ts'
import { type LeaseLog, openLeaseLog } from '../leases/lease-log.ts'
import { Journal } from './journal.ts'
import { openDatabase } from './open-database.ts'
import { createAnswerStore } from './sqlite-answer-store.ts'
import { createAuditLog } from './sqlite-audit-log.ts'
import { createEventRetention } from './sqlite-event-retention.ts'
import { createStateStore } from './sqlite-state-store.ts'
import { createTokenStore } from './sqlite-token-store.ts'
import { Statements } from './statements.ts'
import { WriteAheadFile } from './write-ahead-file.ts'

/** Everything the daemon remembers. Disposing it writes what is queued and closes the file. */
export interface Store extends AsyncDisposable {
  readonly events: EventLog & EventSink
  readonly leases: LeaseStore
  readonly state: StateStore
  readonly tokens: TokenStore
  readonly answers: AnswerStore
  readonly audit: AuditLog
  readonly retention: EventRetention
  /** Writes the database, as of one moment, and the leases to new files. The daemon goes on meanwhile. */
  copyTo(paths: { readonly database: string; readonly leases: string }): Promise<void>
  /** Resolves when disposed; rejects when the disk failed: the daemon must then stop. */
  readonly closed: Promise<void>
}

/**
 * Opens the database at `path` for this process alone; creates it where there is none.
 *
 * @throws {StoreLockedError} when another process has it
 * @throws {StoreDamagedError} with the way to restore it; the file stays as it was
 * @throws {StoreUnusableError} when the file system refuses
 * @throws {StoreTooNewError} when a newer release wrote it
 * @throws {LeaseLogDamagedError} when the leases beside it cannot be read
 */
export async function openStore(path: string, { logger }: { logger: Logger }): Promise<Store> {
  const database = openDatabase(path)
  chmodSync(path, 0o600)
  const statements = new Statements(database)
  const leases = await openLeases(database, path)
  const commits = new WriteAheadFile(path)
  const journal = new Journal(database, { statements, commits, logger })
  return {
    events: journal,
    leases,
    state: createStateStore(journal, statements),
    tokens: createTokenStore(journal, statements),
    answers: createAnswerStore(journal, statements),
    audit: createAuditLog(journal, statements),
    retention: createEventRetention(journal, statements),
    async copyTo(paths) {
      await database.backup(paths.database)
      await copyFile(leasesPath(path), paths.leases)
    },
    closed: Promise.all([journal.closed, leases.closed]).then(() => undefined),
    async [Symbol.asyncDispose]() {
      await leases[Symbol.asyncDispose]()
      await journal.close()
      commits[Symbol.dispose]()
      database.close()
    },
  }
}

function leasesPath(path: string): string {
  return `${path.replace(/\.db$/, '')}.leases`
}

/** `repave.leases` beside `repave.db`: whoever has the one locked has both. */
async function openLeases(database: Database, path: string): Promise<LeaseLog> {
  try {
    return await openLeaseLog(leasesPath(path))
  } catch (error) {
    database.close()
    throw error
  }
}
