import { CodedError, messageOf } from '../../../base/coded-error.ts'

/** Another process holds the database. */
export class StoreLockedError extends CodedError {
  readonly code = 'ERR_STORE_LOCKED'
  readonly path: string

  constructor(path: string) {
    super(`another process uses the database ${path}`, {
      remedy: 'stop the other daemon, or give this one a data directory of its own (--data-dir)',
    })
    this.path = path
  }
}

/** The database cannot be trusted. It is left exactly as it was found. */
export class StoreDamagedError extends CodedError {
  readonly code = 'ERR_STORE_DAMAGED'
  readonly path: string

  constructor(path: string, found: string) {
    super(`the database ${path} is damaged: ${found}`, { remedy: restoreInstruction(path) })
    this.path = path
  }
}

/** The file system refuses: wrong owner, read-only, not a file. */
export class StoreUnusableError extends CodedError {
  readonly code = 'ERR_STORE_UNUSABLE'
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(`the database ${path} cannot be used: ${messageOf(cause)}`, {
      cause,
      remedy: `check that ${path} and its directory belong to the daemon's user and are writable`,
    })
    this.path = path
  }
}

/** A newer release wrote this database. */
export class StoreTooNewError extends CodedError {
  readonly code = 'ERR_STORE_TOO_NEW'
  readonly path: string
  readonly foundVersion: number
  readonly knownVersion: number

  constructor(path: string, foundVersion: number, knownVersion: number) {
    super(`the database ${path} has schema ${foundVersion}, this release knows ${knownVersion}`, {
      remedy: 'start the newer release again, or restore a backup made by this one',
    })
    this.path = path
    this.foundVersion = foundVersion
    this.knownVersion = knownVersion
  }
}

/** SQLite does not run the way durability needs it. */
export class StoreUnsafeError extends CodedError {
  readonly code = 'ERR_STORE_UNSAFE'

  constructor(found: string) {
    super(`SQLite is not safe to use: ${found}`, {
      remedy: 'install the dependencies of this release again (npm ci)',
    })
  }
}

/** A commit failed for good, or the store was closed: nothing is accepted any more. */
export class StoreClosedError extends CodedError {
  readonly code = 'ERR_STORE_CLOSED'

  constructor(because: string, cause?: unknown) {
    super(`the database takes no more writes: ${because}`, cause === undefined ? {} : { cause })
  }
}

/** The disk is full: this write is lost, a later one may succeed. */
export class StoreFullError extends CodedError {
  readonly code = 'ERR_STORE_FULL'

  constructor(cause: unknown) {
    super('there is no room left for the database', {
      cause,
      remedy: 'free space on the file system of the data directory',
    })
  }

  override shouldRetry(): boolean {
    return true
  }
}

function restoreInstruction(path: string): string {
  return (
    `nothing was changed; stop here, keep a copy (cp -a ${path} ${path}.damaged; the same for ` +
    `${path}-wal if it exists), then restore your backup (repave db restore FILE --replace), or recover what is ` +
    `readable: sqlite3 ${path}.damaged .recover | sqlite3 ${path}.recovered, check it, remove ` +
    `${path}-wal, and move ${path}.recovered to ${path}`
  )
}
