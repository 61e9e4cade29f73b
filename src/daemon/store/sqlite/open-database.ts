import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import SqliteDatabase, { type Database } from 'better-sqlite3'

import { messageOf } from '../../../base/coded-error.ts'
import {
  StoreDamagedError,
  StoreLockedError,
  StoreUnsafeError,
  StoreUnusableError,
} from './errors.ts'
import { migrate } from './migrations.ts'

/** The first release without the WAL-reset corruption (https://sqlite.org/wal.html#walresetbug). */
const oldestSafeSqlite = [3, 51, 3]

/** Pages of the write-ahead log, 16 MiB, before they are carried over into the database. */
const checkpointPages = 4000

/**
 * Opens (or, where there is none, creates) the database for this process alone, whole after any crash, and
 * checks all of it. A commit is on disk once its write-ahead log is ({@link WriteAheadFile}).
 *
 * @throws {StoreLockedError} {@link StoreDamagedError} {@link StoreUnusableError} {@link StoreUnsafeError}
 */
export function openDatabase(path: string): Database {
  try {
    if (!existsSync(path)) createDatabase(path)
    else if (statSync(path).size === 0) throw new StoreDamagedError(path, 'the file is empty')
    return connect(path)
  } catch (error) {
    throw translated(error, path)
  }
}

/** Made beside its place and moved there whole: an empty file in its place is always damage. */
function createDatabase(path: string): void {
  if (existsSync(`${path}-wal`)) {
    throw new StoreDamagedError(path, 'its write-ahead log is there but the database itself is not')
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.new`
  connect(draft).close()
  renameSync(draft, path)
}

function connect(path: string): Database {
  const database = new SqliteDatabase(path, { timeout: 0 })
  try {
    configure(database)
    assertSafe(database)
    const problems = database.pragma('integrity_check(5)') as { integrity_check: string }[]
    const found = problems.map((row) => row.integrity_check).join('; ')
    if (found !== 'ok') throw new StoreDamagedError(path, found)
    migrate(database, path)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Exclusive first: SQLite then keeps its WAL index in memory, and no second process gets in. */
function configure(database: Database): void {
  database.pragma('locking_mode = EXCLUSIVE')
  database.pragma('journal_mode = WAL')
  // A commit is written and not yet on disk: the journal waits for that, and the event loop does not.
  database.pragma('synchronous = NORMAL')
  database.pragma(`wal_autocheckpoint = ${checkpointPages}`)
  database.pragma('mmap_size = 0')
  database.pragma('journal_size_limit = 67108864')
  database.pragma('foreign_keys = ON')
  database.pragma('trusted_schema = OFF')
}

function assertSafe(database: Database): void {
  const version = String(database.prepare('select sqlite_version()').pluck().get())
  if (!isAtLeast(version, oldestSafeSqlite)) throw new StoreUnsafeError(`version ${version}`)
  const expected = { synchronous: '1', journal_mode: 'wal', mmap_size: '0' }
  for (const [pragma, value] of Object.entries(expected)) {
    const found = String(database.pragma(pragma, { simple: true }))
    if (found !== value) throw new StoreUnsafeError(`${pragma} is ${found}, needs ${value}`)
  }
}

/** Compares dotted versions by number. */
export function isAtLeast(version: string, floor: readonly number[]): boolean {
  const parts = version.split('.').map(Number)
  for (const [index, least] of floor.entries()) {
    const part = parts[index] ?? 0
    if (part !== least) return part > least
  }
  return true
}

function translated(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^SQLITE_(?:BUSY|LOCKED)/.test(code)) return new StoreLockedError(path)
  if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(code)) return new StoreDamagedError(path, messageOf(error))
  const unusable = /^(?:SQLITE_(?:READONLY|CANTOPEN|PERM|IOERR|FULL)|E[A-Z]+$)/
  return unusable.test(code) && !code.startsWith('ERR_')
    ? new StoreUnusableError(path, error)
    : error
}
