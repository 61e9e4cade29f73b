import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import type { NewEvent } from '../../../src/contract/event.ts'
import { openStore } from '../../../src/daemon/store/sqlite/open-store.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

/** A file system of 2 MiB, which ends with the test. Needs root. */
function smallFileSystem(): string {
  const directory = mkdtempSync(join(tmpdir(), 'repave-full-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory])
  onTestFinished(() => {
    execFileSync('umount', [directory])
    rmSync(directory, { recursive: true })
  })
  return directory
}

const event = (key: string): NewEvent => ({
  timeMs: 1,
  type: 'machine',
  action: 'updated',
  key,
  principal: 'daemon',
  body: { text: 'x'.repeat(4000) },
})

describe('openStore', () => {
  it('S03: refuses writes while the disk is full, says so, and takes them again when there is room', async () => {
    const directory = smallFileSystem()
    const filler = join(directory, 'filler')
    writeFileSync(filler, Buffer.alloc(1024 * 1024))
    {
      await using store = await openStore(join(directory, 'repave.db'), {
        logger: createSilentLogger(),
      })
      const stored: string[] = []
      let failure: unknown
      for (let index = 0; failure === undefined; index++) {
        const key = `k${index}`
        failure = await store.state.commit({ events: [event(key)] }).then(
          () => void stored.push(key),
          (error: unknown) => error,
        )
      }
      expect(failure).toMatchObject({ code: 'ERR_STORE_FULL' })
      expect(failure).toSatisfy((error) => (error as { shouldRetry(): boolean }).shouldRetry())
      expect(store.events.lastSeq()).toBe(stored.length)
      rmSync(filler)
      await store.state.commit({ events: [event('after')] })
      const keys = (await store.events.readSince(0, 10_000)).map(({ key }) => key)
      expect(keys).toEqual([...stored, 'after'])
    }
  })
})
