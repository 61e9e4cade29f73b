import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { isAtLeast, openDatabase } from '../../../../../src/daemon/store/sqlite/open-database.ts'

describe('openDatabase', () => {
  it('S09: is whole after any crash, runs with a write-ahead log, no memory map and a safe SQLite', () => {
    const directory = mkdtempSync(join(tmpdir(), 'repave-database-'))
    const database = openDatabase(join(directory, 'sub', 'repave.db'))
    onTestFinished(() => {
      database.close()
      rmSync(directory, { recursive: true })
    })
    const pragma = (name: string) => database.pragma(name, { simple: true })
    // NORMAL: the write-ahead log is put on disk by the journal (S05), before anything is acknowledged.
    expect(pragma('synchronous')).toBe(1)
    expect(pragma('journal_mode')).toBe('wal')
    expect(pragma('mmap_size')).toBe(0)
    expect(pragma('locking_mode')).toBe('exclusive')
    const version = String(database.prepare('select sqlite_version()').pluck().get())
    expect(isAtLeast(version, [3, 51, 3])).toBe(true)
  })
})

describe('isAtLeast', () => {
  it('compares by number, not by text', () => {
    expect(isAtLeast('3.9.0', [3, 51, 3])).toBe(false)
    expect(isAtLeast('3.51.2', [3, 51, 3])).toBe(false)
    expect(isAtLeast('3.51.3', [3, 51, 3])).toBe(true)
    expect(isAtLeast('3.60', [3, 51, 3])).toBe(true)
    expect(isAtLeast('4.0.0', [3, 51, 3])).toBe(true)
  })
})
