import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import type { NewEvent } from '../../../../../src/contract/event.ts'
import { type Store, openStore } from '../../../../../src/daemon/store/sqlite/open-store.ts'
import { createSilentLogger } from '../../../../fakes/silent-logger.ts'

const logger = createSilentLogger()
let directory: string
let path: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'repave-store-'))
  path = join(directory, 'repave.db')
})
afterEach(() => rmSync(directory, { recursive: true }))

const event = (key: string): NewEvent => ({
  timeMs: 1,
  type: 'machine',
  action: 'updated',
  key,
  principal: 'daemon',
  body: { key },
})

const lease = (last: number, expiresAtMs = 1000) => ({
  address: parseIpv4Address(`10.0.0.${last}`),
  macAddress: parseMacAddress('52:54:00:00:00:01'),
  expiresAtMs,
  state: 'bound' as const,
})

async function filled(): Promise<void> {
  await using store = await openStore(path, { logger })
  for (let index = 1; index <= 200; index++) {
    await store.state.commit({
      events: [{ ...event(`k${index}`), body: { text: 'x'.repeat(500) } }],
    })
  }
}

const codeOfOpening = async () =>
  openStore(path, { logger }).then(
    async (store) => {
      await store[Symbol.asyncDispose]()
      return 'opened'
    },
    (error: unknown) => (error as { code: string }).code,
  )

describe('openStore refuses', () => {
  it('S06: a database with a damaged page, says how to restore, and leaves it as it was', async () => {
    await filled()
    const bytes = readFileSync(path)
    bytes.fill(0xa5, 3 * 4096, 5 * 4096)
    writeFileSync(path, bytes)
    const error = await openStore(path, { logger }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_STORE_DAMAGED' })
    expect((error as { remedy: string }).remedy).toContain(`cp -a ${path} ${path}.damaged`)
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  it('S06: a truncated database', async () => {
    await filled()
    truncateSync(path, 3 * 4096)
    expect(await codeOfOpening()).toBe('ERR_STORE_DAMAGED')
  })

  it('S06: an empty file where a database was', async () => {
    await filled()
    truncateSync(path, 0)
    expect(await codeOfOpening()).toBe('ERR_STORE_DAMAGED')
    expect(readFileSync(path)).toHaveLength(0)
  })

  it('S06: something that is no database', async () => {
    writeFileSync(path, 'hello, this is a text file and not a database at all\n'.repeat(100))
    expect(await codeOfOpening()).toBe('ERR_STORE_DAMAGED')
  })

  it('S06: a write-ahead log whose database is gone', async () => {
    writeFileSync(`${path}-wal`, 'x')
    expect(await codeOfOpening()).toBe('ERR_STORE_DAMAGED')
  })

  it('a directory in its place', async () => {
    path = directory
    expect(await codeOfOpening()).toMatch(/ERR_STORE_(?:UNUSABLE|DAMAGED)/)
  })

  it('E14: a database of a newer release', async () => {
    await filled()
    const database = new SqliteDatabase(path)
    database.pragma('user_version = 99')
    database.close()
    const error = await openStore(path, { logger }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_STORE_TOO_NEW', foundVersion: 99 })
  })

  it('S07: a second opening while the first holds it, at once', async () => {
    await using _first = await openStore(path, { logger })
    expect(await codeOfOpening()).toBe('ERR_STORE_LOCKED')
  })
})

describe('openStore', () => {
  it('numbers events 1, 2, 3 … without gaps, across openings and failed changes', async () => {
    await using first = await openStore(path, { logger })
    await first.state.commit({ events: [event('a'), event('b')] })
    const machine = { id: null } as never
    await expect(
      first.state.commit({ machines: [machine], events: [event('never')] }),
    ).rejects.toThrow('NOT NULL')
    await first.state.commit({ events: [event('c')] })
    await first[Symbol.asyncDispose]()
    await using second = await openStore(path, { logger })
    expect(second.events.lastSeq()).toBe(3)
    await second.state.commit({ events: [event('d')] })
    const events = await second.events.readSince(0, 100)
    expect(events.map(({ seq, key }) => `${seq}${key}`)).toEqual(['1a', '2b', '3c', '4d'])
  })

  it('reads all events up to the limit, and the next of them as they were committed', async () => {
    await using store = await openStore(path, { logger })
    for (const key of ['a', 'b', 'c']) await store.state.commit({ events: [event(key)] })
    const keys = (events: readonly { key: string }[]) => events.map(({ key }) => key)
    expect(keys(await store.events.readSince(0, 9))).toEqual(['a', 'b', 'c'])
    expect(keys(await store.events.readSince(0, 2))).toEqual(['a', 'b'])
    expect(keys(await store.events.readNext(0, 9))).toEqual(['a'])
    expect(keys(await store.events.readNext(2, 9))).toEqual(['c'])
    expect(await store.events.readNext(3, 9)).toEqual([])
  })

  it('one failing change does not take along those that share its commit', async () => {
    await using store = await openStore(path, { logger })
    const results = await Promise.allSettled([
      store.state.commit({ events: [event('a')] }),
      store.state.commit({ runs: [{ id: null } as never], events: [event('never')] }),
      store.leases.writeLease(lease(9)),
      store.state.commit({ events: [event('b')] }),
    ])
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect((await store.events.readSince(0, 9)).map(({ key }) => key)).toEqual(['a', 'b'])
    expect(await store.leases.readLeases()).toEqual([lease(9)])
  })

  it('tells listeners after the commit and before the promise, in order', async () => {
    await using store = await openStore(path, { logger })
    const heard: string[] = []
    const stop = store.events.onCommitted(({ seq, key }) => {
      heard.push(`${seq}${key}@${store.events.lastSeq()}`)
    })
    await Promise.all([
      store.state.commit({ events: [event('a'), event('b')] }).then(() => heard.push('done')),
      store.state.commit({ events: [event('c')] }),
    ])
    stop()
    await store.state.commit({ events: [event('d')] })
    expect(heard).toEqual(['1a@3', '2b@3', '3c@3', 'done'])
  })

  it('stores recorded events with the next commit, or by themselves soon after', async () => {
    await using store = await openStore(path, { logger })
    store.events.record(event('a'))
    await store.state.commit({ events: [event('b')] })
    expect((await store.events.readSince(0, 9)).map(({ key }) => key)).toEqual(['a', 'b'])
    const heard = new Promise((resolve) => store.events.onCommitted(({ key }) => resolve(key)))
    store.events.record(event('c'))
    expect(await heard).toBe('c')
  })

  it('an event that JSON cannot hold is dropped alone', async () => {
    await using store = await openStore(path, { logger })
    store.events.record({ ...event('bad'), body: { number: 1n as never } })
    store.events.record(event('good'))
    await store.state.commit({ events: [] })
    expect((await store.events.readSince(0, 9)).map(({ key }) => key)).toEqual(['good'])
  })

  it('writes what is queued when disposed', async () => {
    const store = await openStore(path, { logger })
    store.events.record(event('last words'))
    await store[Symbol.asyncDispose]()
    await expect(store.leases.writeLease(lease(1))).rejects.toMatchObject({
      code: 'ERR_STORE_CLOSED',
    })
    await using again = await openStore(path, { logger })
    expect((await again.events.readSince(0, 9)).map(({ key }) => key)).toEqual(['last words'])
  })

  it('keeps one lease an address, and forgets deleted ones', async () => {
    await using store = await openStore(path, { logger })
    await Promise.all([
      store.leases.writeLease(lease(1)),
      store.leases.writeLease(lease(2)),
      store.leases.writeLease(lease(1, 2000)),
    ])
    await store.leases.deleteLease(lease(2).address)
    expect(await store.leases.readLeases()).toEqual([lease(1, 2000)])
  })

  it('a committed lease is in the files as they stand, before anything is closed', async () => {
    await using store = await openStore(path, { logger })
    await store.leases.writeLease(lease(7))
    const copy = join(directory, 'copy.db')
    copyFileSync(path, copy)
    copyFileSync(`${path}-wal`, `${copy}-wal`)
    copyFileSync(path.replace('.db', '.leases'), join(directory, 'copy.leases'))
    const opened: Store = await openStore(copy, { logger })
    expect(await opened.leases.readLeases()).toEqual([lease(7)])
    await opened[Symbol.asyncDispose]()
  })
})
