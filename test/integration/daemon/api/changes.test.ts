import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  type RunningOperatorApp,
  startRunningOperatorApp,
} from '../../../fakes/running-operator-app.ts'

let directory: string
let daemon: RunningOperatorApp
let token: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-changes-'))
  daemon = await startRunningOperatorApp(directory)
  token = (await daemon.tokens.createToken({ name: 'ann', role: 'operator' }, 'test')).token
})
afterEach(async () => {
  await daemon[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  // oxlint-disable-next-line typescript/no-explicit-any -- what the interface answers is what is tested
  readonly body: any
}

async function ask(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  payload?: object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await daemon.app.inject({
    ...{ method, url: `/api/v1${path}` },
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  })
  const body: unknown = answer.body === '' ? undefined : answer.json()
  return { status: answer.statusCode, headers: answer.headers, body }
}

const add = (name: string, rest: object = {}) => {
  const number = Number(/\d+/.exec(name)?.[0] ?? 0)
  const macAddress = `52:54:00:aa:bb:${number.toString(16).padStart(2, '0')}`
  return ask('POST', '/machines', { name, macAddress, ...rest })
}

describe('a change with If-Match', () => {
  it('is refused where it is not heeded, or is no ETag of ours', async () => {
    await add('node-1')
    const path = '/machines/node-1'
    const match = (tag: string) => ask('PATCH', path, { labels: { a: 'b' } }, { 'if-match': tag })
    for (const tag of ['7', 'W/"0"', '"0", "1"', '""', '"x"'])
      expect((await match(tag)).status).toBe(400)
    const elsewhere = await ask('POST', '/images/gc', undefined, { 'if-match': '"0"' })
    expect(elsewhere.status).toBe(400)
    expect((await match('*')).status).toBe(200)
  })

  it('lets one of two win, and tells the other (W12)', async () => {
    await add('node-1')
    const before = await ask('GET', '/machines/node-1')
    const tag = String(before.headers['etag'])
    expect(tag).toMatch(/^"\d+"$/)
    const change = (rack: string) =>
      ask('PATCH', '/machines/node-1', { labels: { rack } }, { 'if-match': tag })
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map(change))
    expect(answers.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([
      200, 412, 412, 412,
    ])
    const winner = answers.find(({ status }) => status === 200)
    const now = await ask('GET', '/machines/node-1')
    expect(now.body.labels).toEqual(winner?.body.labels)
    expect(now.headers['etag']).toBe(winner?.headers['etag'])
    expect(answers.find(({ status }) => status === 412)?.body).toMatchObject({
      code: 'ERR_REVISION_CHANGED',
    })
  })

  it('holds for runs: two verbs at once, and a machine that changed before a run is ordered (W12)', async () => {
    const { body: machine } = await add('node-1')
    const order = { machine: 'node-1', workflow: 'discover' }
    const stale = { 'if-match': `"${machine.revision + 7}"` }
    expect((await ask('POST', '/runs', order, stale)).status).toBe(412)
    const run = await ask('POST', '/runs', order, { 'if-match': `"${machine.revision}"` })
    expect(run.status).toBe(201)
    const tag = { 'if-match': String(run.headers['etag']) }
    const verbs = await Promise.all(
      ['hold', 'cancel'].map((verb) => ask('POST', `/runs/${run.body.id}/${verb}`, {}, tag)),
    )
    expect(verbs.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([
      200, 412,
    ])
  })
})

describe('a list', () => {
  beforeEach(async () => {
    for (let count = 1; count <= 7; count++) {
      await add(`node-${count}`, { labels: { rack: count % 2 === 0 ? 'even' : 'odd' } })
    }
  })

  it('refuses fields, operators, cursors and limits that are none', async () => {
    for (const query of [
      ...['nam=x', 'name=Foo(x)', 'name=Re(()', 'limit=0', 'limit=x', 'after=!!', 'sort=nam'],
      ...['reverse=yes', 'name=Between(1)', '__proto__=x'],
    ]) {
      const { status, body } = await ask('GET', `/machines?${query}`)
      expect([query, status]).toEqual([query, 400])
      expect(body.remedy ?? body.detail).not.toBe('')
    }
  })

  it('gives what its conditions ask for, with Digital Rebar’s operators', async () => {
    const names = async (query: string) =>
      (await ask('GET', `/machines?${query}`)).body.items.map(({ name }: { name: string }) => name)
    expect(await names('name=In(node-1,node-3)&sort=name')).toEqual(['node-1', 'node-3'])
    expect(await names('labels.rack=Ne(odd)&sort=name&reverse=true')).toEqual([
      ...['node-6', 'node-4', 'node-2'],
    ])
    expect(await names('name=Re(-[12]$)&labels.rack=even')).toEqual(['node-2'])
    expect(await names('name=Gt(node-5)&sort=name')).toEqual(['node-6', 'node-7'])
    expect(await names('state=deployed')).toEqual([])
  })

  it('goes on behind the last item of the page before, whatever is added meanwhile', async () => {
    const seen: string[] = []
    let query = '?sort=name&limit=3'
    for (let page = 0; page < 9 && query !== ''; page++) {
      const { body } = await ask('GET', `/machines${query}`)
      seen.push(...body.items.map(({ name }: { name: string }) => name))
      if (page === 0) await add('node-0')
      query = body.next === undefined ? '' : `?sort=name&limit=3&after=${body.next}`
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7].map((number) => `node-${number}`))
  })
})

describe('a bulk change', () => {
  it('does nothing with a selector that is none, or that means another number of machines', async () => {
    for (let count = 1; count <= 3; count++) await add(`node-${count}`)
    const action = { do: 'change', labels: { rack: 'a1' } }
    expect((await ask('POST', '/bulk', { selector: 'nam=x', action })).status).toBe(400)
    expect((await ask('POST', '/bulk', { selector: 'name=Re(.)', action, expect: 2 })).status).toBe(
      409,
    )
    const dry = await ask('POST', '/bulk', { selector: 'name=Re(.)', action, dryRun: true })
    expect(dry.body).toMatchObject({ done: 0, items: [{ outcome: 'selected' }, {}, {}] })
    expect((await ask('GET', '/machines?labels.rack=a1')).body.items).toEqual([])
  })

  it('does the same to each, and one that is refused holds up no other', async () => {
    for (let count = 1; count <= 3; count++) await add(`node-${count}`)
    await ask('POST', '/runs', { machine: 'node-2', workflow: 'discover' })
    const run = {
      selector: 'name=Re(^node-)',
      action: { do: 'run', workflow: 'discover' },
      expect: 3,
    }
    const { body } = await ask('POST', '/bulk', run)
    expect(body).toMatchObject({
      ...{ done: 2, refused: 1 },
      items: [
        { machineName: 'node-1', outcome: 'done', runId: expect.any(String) },
        { machineName: 'node-2', outcome: 'refused', problem: { code: 'ERR_RUN_UNDER_WAY' } },
        { machineName: 'node-3', outcome: 'done' },
      ],
    })
    const cancel = await ask('POST', '/bulk', { selector: 'name=node-1', action: { do: 'cancel' } })
    expect(cancel.body).toMatchObject({ done: 1, refused: 0 })
  })

  it('reaches no machine that a limited token does not cover', async () => {
    for (let count = 1; count <= 3; count++) await add(`node-${count}`)
    const limited = { name: 'ltd', role: 'operator', selector: 'name=node-2' } as const
    token = (await daemon.tokens.createToken(limited, 'test')).token
    const { body } = await ask('POST', '/bulk', {
      selector: 'name=Re(.)',
      action: { do: 'change', labels: { rack: 'z' } },
    })
    expect(body.items).toMatchObject([{ machineName: 'node-2', outcome: 'done' }])
  })
})

describe('a change with an Idempotency-Key', () => {
  const order = { machine: 'node-1', workflow: 'discover' }

  it('happens once and is answered alike, over a restart too', async () => {
    await add('node-1')
    const key = { 'idempotency-key': 'abc' }
    const first = await ask('POST', '/runs', order, key)
    const again = await ask('POST', '/runs', order, key)
    expect([first.status, again.status]).toEqual([201, 201])
    expect(again.body).toEqual(first.body)
    expect(again.headers['idempotency-replayed']).toBe('true')
    await daemon[Symbol.asyncDispose]()
    daemon = await startRunningOperatorApp(directory)
    expect((await ask('POST', '/runs', order, key)).body).toEqual(first.body)
    expect((await ask('GET', '/runs')).body.items).toHaveLength(1)
  })

  it('is refused with other words, while the first is under way, and where answers are secret', async () => {
    await add('node-1')
    const key = { 'idempotency-key': 'abc' }
    const both = await Promise.all([
      ask('POST', '/runs', order, key),
      ask('POST', '/runs', order, key),
    ])
    expect(both.map(({ status }) => status).toSorted((left, right) => left - right)).toEqual([
      201, 409,
    ])
    const other = await ask('POST', '/runs', { ...order, workflow: 'deploy-image' }, key)
    expect(other.body).toMatchObject({ status: 422, code: 'ERR_IDEMPOTENCY_KEY_REUSED' })
    token = (await daemon.tokens.createToken({ name: 'root', role: 'admin' }, 'test')).token
    const secret = await ask('POST', '/tokens', { name: 'x', role: 'viewer' }, key)
    expect(secret.status).toBe(400)
    expect((await ask('POST', '/runs', order, { 'idempotency-key': '' })).status).toBe(400)
  })

  it('is not the same for somebody else', async () => {
    await add('node-1')
    const key = { 'idempotency-key': 'abc' }
    expect((await ask('POST', '/runs', order, key)).status).toBe(201)
    token = (await daemon.tokens.createToken({ name: 'bob', role: 'operator' }, 'test')).token
    expect((await ask('POST', '/runs', order, key)).body.code).toBe('ERR_RUN_UNDER_WAY')
  })
})

describe('the audit log', () => {
  it('has every change and every refusal, who it was and from where, and no secret', async () => {
    await add('node-1')
    await ask('POST', '/runs', { machine: 'node-1', workflow: 'discover' })
    await ask('POST', '/keys/rotate')
    await ask('GET', '/machines')
    const admin = await daemon.tokens.createToken({ name: 'root', role: 'admin' }, 'test')
    token = admin.token
    const made = await ask('POST', '/tokens', { name: 'ci', role: 'viewer' })
    const { body } = await ask('GET', '/audit')
    const told = body.items.map(
      (entry: { principal: string; method: string; path: string; status: number }) =>
        `${entry.principal} ${entry.method} ${entry.path} ${entry.status}`,
    )
    expect(told).toEqual([
      'operator:ann POST /api/v1/machines 201',
      'operator:ann POST /api/v1/runs 201',
      'operator:ann POST /api/v1/keys/rotate 403',
      'operator:root POST /api/v1/tokens 201',
    ])
    expect(body.items[1]).toMatchObject({
      ...{ number: 2, role: 'operator', address: '127.0.0.1' },
      asked: { machine: '"node-1"', workflow: '"discover"' },
    })
    const text = JSON.stringify(body)
    expect(text).not.toContain(made.body.token.slice(-43))
    expect(text).not.toContain(admin.token.slice(-43))
    const verdict = await ask('GET', '/audit/verdict')
    expect(verdict.body).toMatchObject({ entries: 4, isWhole: true })
  })

  it('cannot be changed by SQL, and shows where somebody did it in another way', async () => {
    for (let count = 1; count <= 5; count++) await add(`node-${count}`)
    const admin = await daemon.tokens.createToken({ name: 'root', role: 'admin' }, 'test')
    await daemon[Symbol.asyncDispose]()
    const database = new SqliteDatabase(join(directory, 'repave.db'))
    const forge = "update audit set document = replace(document, 'ann', 'bob') where number = 3"
    expect(() => database.exec(forge)).toThrow('only added to')
    expect(() => database.exec('delete from audit')).toThrow('only added to')
    database.exec('drop trigger auditIsNotChanged')
    database.exec(forge)
    database.close()
    daemon = await startRunningOperatorApp(directory)
    token = admin.token
    const verdict = await ask('GET', '/audit/verdict')
    expect(verdict.body).toMatchObject({ isWhole: false, brokenAt: 3 })
  })
})
