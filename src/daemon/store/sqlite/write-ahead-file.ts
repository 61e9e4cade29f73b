import { closeSync, fdatasync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

import type { CommitFile } from './journal.ts'

const syncData = promisify(fdatasync)

/**
 * The write-ahead log of an open database, through a file descriptor of our own: SQLite locks the database
 * and its index, never this file, so that ours may come and go. Closed by whoever opened it.
 */
export class WriteAheadFile implements CommitFile, Disposable {
  readonly #descriptor: number
  #isOpen = true

  /** @param path of the database, which has been read at least once: its log is there then */
  constructor(path: string) {
    this.#descriptor = openSync(`${path}-wal`, 'r')
    syncFolder(dirname(path))
  }

  sync(): Promise<void> {
    return syncData(this.#descriptor)
  }

  [Symbol.dispose](): void {
    // The number may be another file's by now.
    if (this.#isOpen) closeSync(this.#descriptor)
    this.#isOpen = false
  }
}

/** A new file is not on disk before its name is. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
