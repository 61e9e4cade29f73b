import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { openDatabase } from '../../../../../src/daemon/store/sqlite/open-database.ts'

const source = fileURLToPath(
  new URL('../../../../../src/daemon/store/sqlite/migrations.ts', import.meta.url),
)

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repave-migrations-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A database of the first release, brought further by a process that is killed before statement `killedBefore`. */
function upgradeAndKill(path: string, killedBefore: number): string {
  const program = `
    import SqliteDatabase from 'better-sqlite3'
    const { migrate } = await import(${JSON.stringify(source)})
    const path = ${JSON.stringify(path)}
    const real = new SqliteDatabase(path)
    real.pragma('journal_mode = WAL')
    let entries = 0
    migrate({
      pragma: (text, options) => real.pragma(text.includes('=') ? 'user_version = 1' : text, options),
      exec: (sql) => entries++ === 0 && real.exec(sql),
      transaction: (work) => real.transaction(work),
    }, path)
    real.exec("insert into machine values ('a', 'node-1', '{}')")
    let statements = 0
    const step = () => statements++ === ${killedBefore} && process.kill(process.pid, 'SIGKILL')
    migrate({
      pragma: (text, options) => {
        if (text.includes('=')) step()
        return real.pragma(text, options)
      },
      exec: (sql) => {
        for (const statement of sql.split(/(?<=;)\\s*\\n/)) {
          if (statement.trim() === '') continue
          step()
          real.exec(statement)
        }
      },
      transaction: (work) => real.transaction(() => {
        work()
        step()
      }),
    }, path)
    process.stdout.write('done')`
  const cwd = fileURLToPath(new URL('../../../../..', import.meta.url))
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { cwd })
  return run.signal ?? run.stdout.toString()
}

function shapeOf(path: string): unknown {
  const database = openDatabase(path)
  try {
    return {
      schema: database.prepare('select sql from sqlite_schema order by name').pluck().all(),
      version: database.pragma('user_version', { simple: true }),
      machines: database.prepare('select name from machine').pluck().all(),
    }
  } finally {
    database.close()
  }
}

describe('the schema of the database', () => {
  it('is the old one or the new one, wherever the upgrade is killed, and the next start goes on (S11)', () => {
    const whole = join(folder, 'whole.db')
    expect(upgradeAndKill(whole, 1000)).toBe('done')
    const expected = shapeOf(whole)
    expect(expected).toMatchObject({ machines: ['node-1'] })
    let killed = 0
    for (let statement = 0; ; statement++) {
      const path = join(folder, `${statement}.db`)
      const outcome = upgradeAndKill(path, statement)
      expect(shapeOf(path)).toEqual(expected)
      if (outcome === 'done') break
      expect(outcome).toBe('SIGKILL')
      killed++
    }
    expect(killed).toBeGreaterThan(8)
  }, 120_000)

  it('learns from the runs of a machine which version it holds', () => {
    const path = join(folder, 'before.db')
    const before = openDatabase(path)
    const runs = [
      { imageDigest: 'sha256:old', state: 'succeeded', receipt: {} },
      { imageDigest: 'sha256:held', state: 'succeeded', receipt: {} },
      { imageDigest: 'sha256:failed', state: 'failed' },
    ]
    const insertRun = before.prepare('insert into run values (?, ?, 1, ?, ?)')
    for (const [index, run] of runs.entries()) {
      insertRun.run(String(index), 'a', index, JSON.stringify(run))
    }
    const insert = before.prepare('insert into machine values (?, ?, ?)')
    for (const id of ['a', 'b']) insert.run(id, id, JSON.stringify({ imageName: 'debian' }))
    insert.run('c', 'c', '{}')
    before.pragma('user_version = 5')
    before.close()
    const after = openDatabase(path)
    const documents = after.prepare<[], string>('select document from machine order by id').pluck()
    expect(documents.all().map((document) => JSON.parse(document) as unknown)).toEqual([
      { imageName: 'debian', imageDigest: 'sha256:held' },
      { imageName: 'debian' },
      {},
    ])
    after.close()
  })

  it('lets nobody else read, so that its write-ahead log stays short however much is written (S08)', () => {
    const path = join(folder, 'busy.db')
    const database = openDatabase(path)
    try {
      const other = spawnSync(process.execPath, [
        '--input-type=module',
        '--eval',
        `import SqliteDatabase from 'better-sqlite3'
         try { new SqliteDatabase(${JSON.stringify(path)}, { timeout: 0 }).prepare('select * from machine').all() }
         catch (error) { process.stdout.write(error.code) }`,
      ])
      expect(other.stdout.toString()).toBe('SQLITE_BUSY')
      const insert = database.prepare('insert or replace into machine values (?, ?, ?)')
      const document = JSON.stringify({ text: 'x'.repeat(64 * 1024) })
      let longest = 0
      for (let count = 0; count < 2000; count++) {
        insert.run(String(count % 20), `node-${count % 20}`, document)
        longest = Math.max(longest, statSync(`${path}-wal`).size)
      }
      expect(longest).toBeGreaterThan(1024 * 1024)
      expect(longest).toBeLessThan(64 * 1024 * 1024)
    } finally {
      database.close()
    }
  })
})
