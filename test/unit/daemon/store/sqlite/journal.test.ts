import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import type { NewEvent } from '../../../../../src/contract/event.ts'
import { type CommitFile, Journal } from '../../../../../src/daemon/store/sqlite/journal.ts'
import { openDatabase } from '../../../../../src/daemon/store/sqlite/open-database.ts'
import { Statements } from '../../../../../src/daemon/store/sqlite/statements.ts'
import { createSilentLogger } from '../../../../fakes/silent-logger.ts'

/** A disk that takes as long as the test wants. */
class SlowDisk implements CommitFile {
  readonly waiting: PromiseWithResolvers<void>[] = []
  syncs = 0

  sync(): Promise<void> {
    this.syncs++
    const sync = Promise.withResolvers<void>()
    this.waiting.push(sync)
    return sync.promise
  }

  /** Resolves when the next one has begun. */
  async begun(): Promise<PromiseWithResolvers<void>> {
    for (;;) {
      const sync = this.waiting.shift()
      if (sync !== undefined) return sync
      await turn()
    }
  }

  async finish(): Promise<void> {
    const { resolve } = await this.begun()
    resolve()
    await turn()
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

function openJournal() {
  const directory = mkdtempSync(join(tmpdir(), 'repave-journal-'))
  const database = openDatabase(join(directory, 'repave.db'))
  onTestFinished(() => {
    database.close()
    rmSync(directory, { recursive: true })
  })
  const disk = new SlowDisk()
  const logger = createSilentLogger()
  const journal = new Journal(database, {
    statements: new Statements(database),
    ...{ commits: disk, logger },
  })
  const done: string[] = []
  journal.onCommitted(({ key }) => done.push(`told ${key}`))
  const write = (key: string) =>
    journal
      .submit((append) => append(event(key)))
      .then(
        () => done.push(`stored ${key}`),
        (error: unknown) => done.push(`${key}: ${String((error as { code?: string }).code)}`),
      )
  return { journal, disk, done, write }
}

const event = (key: string): NewEvent => ({
  ...{ timeMs: 1, type: 'machine', action: 'updated', key, principal: 'daemon' },
  body: {},
})

describe(Journal, () => {
  it('S04: a failed flush is final: nothing of it is acknowledged or told, it is not tried again, and nothing more is taken', async () => {
    const { journal, disk, done, write } = openJournal()
    const closed = expect(journal.closed).rejects.toMatchObject({ code: 'ERR_STORE_CLOSED' })
    const first = write('a')
    const { reject } = await disk.begun()
    const second = write('b')
    reject(Object.assign(new Error('input/output error'), { code: 'EIO' }))
    await Promise.all([first, second, write('c'), closed])
    await journal.close()
    expect(done.toSorted()).toEqual(['a', 'b', 'c'].map((key) => `${key}: ERR_STORE_CLOSED`))
    expect([disk.syncs, journal.lastSeq()]).toEqual([1, 0])
  })

  it('S05: a slow disk holds up nobody but those who wait for it; until then nothing is acknowledged, told or read', async () => {
    const { journal, disk, done, write } = openJournal()
    const written = write('a')
    const { resolve } = await disk.begun()
    const reading = journal.read(() => 'what it read').then((value) => done.push(value))
    for (let turns = 0; turns < 5; turns++) await turn()
    expect([done, journal.lastSeq(), await journal.readSince(0, 9)]).toEqual([[], 0, []])
    resolve()
    await Promise.all([written, reading])
    expect(done.toSorted()).toEqual(['stored a', 'told a', 'what it read'])
    expect(done.indexOf('told a')).toBeLessThan(done.indexOf('stored a'))
    expect(await journal.readSince(0, 9)).toHaveLength(1)
  })

  it('what comes while the disk is busy shares one transaction and one flush', async () => {
    const { disk, done, write } = openJournal()
    const writes = [write('a')]
    const { resolve } = await disk.begun()
    for (let number = 1; number <= 50; number++) {
      writes.push(write(`b${number}`))
      await turn()
    }
    resolve()
    await disk.finish()
    await Promise.all(writes)
    expect([disk.syncs, done.length]).toEqual([2, 102])
  })

  it('is closed when what was waiting is on disk', async () => {
    const { journal, disk, done, write } = openJournal()
    const writes = [write('a')]
    const first = await disk.begun()
    writes.push(write('b'))
    const closing = journal.close().then(() => done.push('closed'))
    first.resolve()
    await disk.finish()
    await Promise.all([...writes, closing])
    expect(done.at(-1)).toBe('closed')
    expect(done).toContain('stored b')
    await expect(journal.submit(() => undefined)).rejects.toThrow('it was closed')
  })
})
