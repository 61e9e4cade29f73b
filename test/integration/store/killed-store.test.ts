import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'

import { openStore } from '../../../src/daemon/store/sqlite/open-store.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const writer = join(import.meta.dirname, '../../fakes/store-writer-process.ts')
const logger = createSilentLogger()
let path: string

beforeEach(() => {
  const directory = mkdtempSync(join(tmpdir(), 'repave-killed-store-'))
  path = join(directory, 'repave.db')
  onTestFinished(() => rmSync(directory, { recursive: true }))
})

/** Runs the writer until it has acknowledged so many writes, kills it, and returns all it acknowledged. */
async function writeAndKill(count: number): Promise<number[]> {
  const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const acknowledged: number[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line))
    if (acknowledged.length === count) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return acknowledged
}

describe('openStore', () => {
  it('S01: after kill -9 under load the database is whole and nothing acknowledged is lost', async () => {
    for (const count of [1, 50, 333, 1000]) {
      const acknowledged = await writeAndKill(count)
      expect(acknowledged.length).toBeGreaterThanOrEqual(count)
      await using store = await openStore(path, { logger })
      const leases = await store.leases.readLeases()
      const stored = new Set(leases.map(({ expiresAtMs }) => expiresAtMs))
      expect(acknowledged.filter((number) => !stored.has(number))).toEqual([])
      const events = await store.events.readSince(0, 100_000)
      expect(events.at(-1)?.seq).toBe(events.length)
      expect(events.length).toBe(store.events.lastSeq())
    }
  })

  it('S07: refuses at once while another process has the database, and gets it when that one is killed', async () => {
    const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout, 'data')
    child.stdout.resume()
    const error = await openStore(path, { logger }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_STORE_LOCKED' })
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    await using store = await openStore(path, { logger })
    expect(store.events.lastSeq()).toBeGreaterThan(0)
  })
})
