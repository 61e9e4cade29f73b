import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runDb } from '../../../src/daemon/db-command.ts'
import { packArchive, unpackArchive } from '../../../src/daemon/store/backup/archive.ts'
import { openBackup, sealBackup } from '../../../src/daemon/store/backup/seal.ts'
import { openStore } from '../../../src/daemon/store/sqlite/open-store.ts'
import { startRunningOperatorApp } from '../../fakes/running-operator-app.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

let folder: string
let dataDir: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-backup-'))
  dataDir = join(folder, 'data')
  await mkdir(join(dataDir, 'keys'), { recursive: true })
  await writeFile(join(dataDir, 'keys/signing.pem'), 'the signing key, a canary')
  await writeFile(join(folder, 'passphrase'), 'correct horse battery\n')
  await writeFile(join(folder, 'other'), 'another passphrase\n')
})
afterEach(() => rm(folder, { recursive: true }))

const lines: string[] = []
const db = (...words: string[]) => {
  lines.length = 0
  return runDb(words, dataDir, (line) => lines.push(line))
}
const sealed = () => ['--passphrase-file', join(folder, 'passphrase')]

async function* once(bytes: Uint8Array, partBytes = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += partBytes) yield bytes.subarray(at, at + partBytes)
}

async function collected(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

describe('a backup', () => {
  it('is refused when any part of it is cut off, changed, or its passphrase is another', async () => {
    const source = join(dataDir, 'keys/signing.pem')
    const archive = packArchive([{ path: 'keys/signing.pem', source }])
    const whole = await collected(sealBackup(archive, 'correct horse battery'))
    expect(whole.includes('canary')).toBe(false)
    const read = (bytes: Uint8Array, secret: string | undefined = 'correct horse battery') =>
      unpackArchive(openBackup(once(bytes, 7), secret))
    expect(await read(whole)).toEqual(['keys/signing.pem'])
    await expect(read(whole, 'wrong')).rejects.toMatchObject({ code: 'ERR_BACKUP_UNUSABLE' })
    for (let at = 0; at < whole.length; at += 41) {
      const changed = Buffer.from(whole)
      changed[at] = (changed[at] ?? 0) ^ 1
      await expect(read(changed)).rejects.toMatchObject({ code: 'ERR_BACKUP_UNUSABLE' })
    }
    for (const length of [0, 10, 60, whole.length - 20, whole.length - 1]) {
      await expect(read(whole.subarray(0, length))).rejects.toMatchObject({
        code: 'ERR_BACKUP_UNUSABLE',
      })
    }
  }, 60_000)

  it('writes nowhere but where a backup of ours may', async () => {
    for (const path of [
      '../evil',
      '/etc/passwd',
      'keys/../../evil',
      'other',
      'keys',
      'keys//x',
      '',
    ]) {
      const archive = Buffer.from(`${JSON.stringify({ path, sizeBytes: 1 })}\nx{"sha256":"0"}\n`)
      await expect(unpackArchive(once(archive), join(folder, 'out'))).rejects.toMatchObject({
        code: 'ERR_BACKUP_UNUSABLE',
      })
    }
    expect(await readdir(folder)).not.toContain('evil')
  })
})

describe(runDb, () => {
  it('takes no backup whose protection nobody decided on, and restores over nothing', async () => {
    const file = join(folder, 'b.bak')
    await (
      await openStore(join(dataDir, 'repave.db'), { logger: createSilentLogger() })
    )[Symbol.asyncDispose]()
    await expect(db('backup', file)).rejects.toMatchObject({ code: 'ERR_USAGE' })
    expect(await db('backup', file, ...sealed())).toBe(0)
    await expect(db('restore', file, ...sealed())).rejects.toMatchObject({
      code: 'ERR_RESTORE_REFUSED',
    })
    const wrong = ['--replace', '--passphrase-file', join(folder, 'other')]
    const before = await readdir(dataDir)
    await expect(db('restore', file, ...wrong)).rejects.toMatchObject({
      code: 'ERR_BACKUP_UNUSABLE',
    })
    expect(await readdir(dataDir)).toEqual(before)
  })

  it('checks a backup and a database, and sets aside what it replaces', async () => {
    const file = join(folder, 'b.bak')
    await (
      await openStore(join(dataDir, 'repave.db'), { logger: createSilentLogger() })
    )[Symbol.asyncDispose]()
    await db('backup', file, ...sealed())
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await db('check', file, ...sealed())
    expect(lines[0]).toContain('3 files, whole')
    await writeFile(join(dataDir, 'keys/signing.pem'), 'lost')
    await db('restore', file, '--replace', ...sealed())
    expect(await readFile(join(dataDir, 'keys/signing.pem'), 'utf8')).toContain('canary')
    expect((await readdir(dataDir)).some((name) => name.startsWith('keys.before-'))).toBe(true)
    await db('check')
    expect(lines.join('\n')).toContain('whole  0 machines')
  })

  it('copies a daemon under load, and the copy goes on where it was (S10)', async () => {
    const token = await (async () => {
      await using daemon = await startRunningOperatorApp(dataDir)
      const { machines, runs } = daemon.engine.engine
      await machines.addMachine({ name: 'node-1', macAddress: '52:54:00:aa:bb:01' }, 'test')
      await runs.createRun({ machine: 'node-1', workflow: 'discover' }, 'test')
      const made = await daemon.tokens.createToken({ name: 'ops', role: 'admin' }, 'test')
      await daemon.app.listen({ path: join(dataDir, 'api.sock') })
      const done = new AbortController()
      const load = (async () => {
        for (let count = 0; !done.signal.aborted; count++) {
          const rack = `r${count}`
          await machines.changeMachine('node-1', { labels: { rack } }, 'test')
        }
      })()
      // Over the socket of the daemon that runs: TCP's rules hold on it in this test, so with a token.
      const answer = await daemon.app.inject({
        ...{ method: 'POST', url: '/api/v1/backup' },
        headers: { authorization: `Bearer ${made.token}` },
      })
      done.abort()
      await load
      await writeFile(
        join(folder, 'b.bak'),
        await collected(sealBackup(once(answer.rawPayload), 'correct horse battery')),
      )
      return made.token
    })()
    const other = join(folder, 'other-site')
    const file = join(folder, 'b.bak')
    await runDb(['restore', file, '--data-dir', other, ...sealed()], dataDir, () => undefined)
    await using restored = await startRunningOperatorApp(other)
    expect(restored.tokens.authenticate(token)).toMatchObject({ role: 'admin' })
    const { machines, runs } = await restored.engine.engine.runs.snapshot()
    expect(machines).toMatchObject([{ name: 'node-1', labels: { rack: expect.any(String) } }])
    expect(runs).toMatchObject([{ workflow: 'discover', state: 'queued' }])
    expect(await readFile(join(other, 'keys/signing.pem'), 'utf8')).toContain('canary')
  })
})

function event(timeMs: number, type: string) {
  return { timeMs, type, action: 'x', key: 'k', principal: 'daemon', body: {} }
}

describe('retention', () => {
  it('forgets old events and older logs, and never gives a number out again (S12)', async () => {
    const path = join(dataDir, 'repave.db')
    {
      await using store = await openStore(path, { logger: createSilentLogger() })
      const events = Array.from({ length: 6000 }, (_, index) =>
        event(index, index % 2 === 0 ? 'log' : 'run'),
      )
      await store.state.commit({ events })
      const limits = { beforeMs: 1000, logsBeforeMs: 5000 }
      expect(await store.retention.forgetEvents(limits)).toBe(1000 + 2000)
      expect(await store.retention.forgetEvents(limits)).toBe(0)
      const everything = { beforeMs: 1e12, logsBeforeMs: 1e12 }
      await store.retention.forgetEvents(everything)
    }
    await using store = await openStore(path, { logger: createSilentLogger() })
    expect(store.events.lastSeq()).toBe(6000)
    await store.state.commit({ events: [event(7000, 'run')] })
    expect((await store.events.readSince(0, 10)).map(({ seq }) => seq)).toEqual([6000, 6001])
  })
})
