import { chmodSync } from 'node:fs'

import type { Logger } from '../../../base/logger.ts'
import type { EventLog } from '../../domain/event/event-log.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import type { TokenStore } from '../../domain/access/access-token.ts'
import type { LeaseStore } from '../../domain/lease/lease-store.ts'
import type { StateStore } from '../../domain/workflow/state-store.ts'
import { Journal } from './journal.ts'
import { openDatabase } from './open-database.ts'
import { createLeaseStore } from './sqlite-lease-store.ts'
import { createStateStore } from './sqlite-state-store.ts'
import { createTokenStore } from './sqlite-token-store.ts'
import { Statements } from './statements.ts'

/** Everything the daemon remembers. Disposing it writes what is queued and closes the file. */
export interface Store extends AsyncDisposable {
  readonly events: EventLog & EventSink
  readonly leases: LeaseStore
  readonly state: StateStore
  readonly tokens: TokenStore
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
 */
export async function openStore(path: string, { logger }: { logger: Logger }): Promise<Store> {
  const database = openDatabase(path)
  chmodSync(path, 0o600)
  const statements = new Statements(database)
  const journal = new Journal(database, statements, logger)
  return {
    events: journal,
    leases: createLeaseStore(journal, statements),
    state: createStateStore(journal, statements),
    tokens: createTokenStore(journal, statements),
    closed: journal.closed,
    async [Symbol.asyncDispose]() {
      journal.close()
      database.close()
    },
  }
}
