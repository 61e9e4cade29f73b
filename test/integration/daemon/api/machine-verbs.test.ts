import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import {
  type RunningOperatorApp,
  startRunningOperatorApp,
} from '../../../fakes/running-operator-app.ts'
import { inventoryWith, ScriptedAgent } from '../../../fakes/scripted-agent.ts'

let directory: string
let daemon: RunningOperatorApp
let tokens: { ann: string; limited: string }

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-verbs-'))
  daemon = await startRunningOperatorApp(directory)
  const create = async (name: string, selector?: string) => {
    const wanted = {
      name,
      role: 'operator',
      ...(selector === undefined ? {} : { selector }),
    } as const
    return (await daemon.tokens.createToken(wanted, 'test')).token
  }
  tokens = { ann: await create('ann'), limited: await create('bob', 'name=Re(^m-)') }
  for (const number of [1, 2, 3]) {
    await ask('POST', '/machines', {
      name: `node-${number}`,
      macAddress: `52:54:00:aa:bb:0${number}`,
    })
  }
})
afterEach(async () => {
  await daemon[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

/** Each of them taken away. */
function none(labels: object): object {
  return Object.fromEntries(Object.keys(labels).map((name) => [name, null]))
}

async function ask(
  method: 'GET' | 'PATCH' | 'POST',
  path: string,
  payload?: object,
  { token = tokens.ann, ...headers }: { token?: string; 'if-match'?: string } = {},
) {
  const answer = await daemon.app.inject({
    ...{ method, url: `/api/v1${path}` },
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(payload === undefined ? {} : { payload }),
  })
  return { status: answer.statusCode, body: answer.json() }
}

const namesIn = async (query: string) =>
  (await ask('GET', `/machines${query}`)).body.items.map(({ name }: { name: string }) => name)

describe('what a person says of a machine', () => {
  it('is refused when it fits no schema, no revision, or nothing that the machine waits for', async () => {
    expect((await ask('POST', '/machines/node-1/notes', {})).status).toBe(400)
    expect((await ask('POST', '/machines/node-1/notes', { text: 'x', by: 'me' })).status).toBe(400)
    expect((await ask('POST', '/machines/none/retire')).status).toBe(404)
    const late = await ask('POST', '/machines/node-1/retire', {}, { 'if-match': '"7"' })
    expect(late.status).toBe(412)
    for (const verb of ['approve', 'classify', 'merge', 'split', 'reinstate']) {
      const { status, body } = await ask('POST', `/machines/node-1/${verb}`)
      expect({ verb, status, code: body.code }).toEqual({
        ...{ verb, status: 422, code: 'ERR_MACHINE_VERB_UNFIT' },
      })
    }
  })

  it('has as many labels as one may have, and no more by and by', async () => {
    const many = (prefix: string) =>
      Object.fromEntries(Array.from({ length: 40 }, (_value, index) => [`${prefix}-${index}`, 'x']))
    const change = (labels: object) => ask('PATCH', '/machines/node-1', { labels })
    expect((await change(many('a'))).status).toBe(200)
    const { status, body } = await change(many('b'))
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'ERR_LABELS_INVALID' })
    expect((await change({ ...many('b'), ...none(many('a')) })).status).toBe(200)
    const { labels } = (await ask('GET', '/machines/node-1')).body
    expect(Object.keys(labels)).toEqual(Object.keys(many('b')))
  })

  it('is kept with who and when', async () => {
    const { body } = await ask('POST', '/machines/node-1/notes', { text: 'fan replaced' })
    expect(body.notes).toMatchObject([{ by: 'operator:ann', text: 'fan replaced' }])
    expect(body.notes[0].atMs).toBeGreaterThan(1_700_000_000_000)
    expect((await ask('GET', '/machines/node-1/history')).body).toEqual({ items: [] })
  })

  it('retired, it is in no list and no selection that does not ask for it', async () => {
    await ask('POST', '/machines/node-2/retire', { note: 'sold' })
    expect(await namesIn('')).toEqual(['node-1', 'node-3'])
    expect(await namesIn('?all=true')).toEqual(['node-1', 'node-2', 'node-3'])
    expect(await namesIn('?state=retired')).toEqual(['node-2'])
    expect((await ask('GET', '/machines/node-2')).body.retirement).toMatchObject({ note: 'sold' })
    const bulk = (selector: string, action: object) => ask('POST', '/bulk', { selector, action })
    const noted = await bulk('name=Re(^node-)', { do: 'note-machine', text: 'moved' })
    expect(noted.body).toMatchObject({ done: 2, refused: 0 })
    const back = await bulk('state=retired', { do: 'reinstate-machine' })
    expect(back.body).toMatchObject({ done: 1 })
    const approved = await bulk('name=node-1', { do: 'approve-machine' })
    expect(approved.body).toMatchObject({ refused: 1 })
    const classified = await bulk('name=node-1', { do: 'classify-machine', run: true })
    expect(classified.body.items).toMatchObject([{ problem: { code: 'ERR_MACHINE_VERB_UNFIT' } }])
    expect(await namesIn('')).toHaveLength(3)
  })

  it('does not reach over the edge of a token that is limited to some machines', async () => {
    const { engine } = daemon
    const system = { serialNumber: 'SN-1' }
    for (const [index, mac] of ['52:54:00:aa:bb:01', '52:54:00:aa:bb:09'].entries()) {
      const token = await engine.bootToken(mac)
      const inventory = inventoryWith([mac], system)
      const agent = new ScriptedAgent({ url: engine.agentUrl, token, inventory })
      await agent.take('welcome')
      if (index === 0) agent.socket.terminate()
    }
    const merge = (token: string) =>
      ask('POST', '/machines/m-525400aabb09/merge', { into: 'node-1' }, { token })
    expect((await merge(tokens.limited)).status).toBe(404)
    const { status, body } = await merge(tokens.ann)
    expect({ status, name: body.name }).toEqual({ status: 200, name: 'node-1' })
  })

  it('rules can be asked what they would do', async () => {
    expect((await ask('GET', '/rules')).body).toEqual({ items: [] })
    const { body } = await ask('POST', '/rules/dry-run', { machine: 'node-1' })
    expect(body).toEqual({
      items: [{ machineName: 'node-1', outcomes: [], set: {}, problems: [] }],
    })
    expect((await ask('POST', '/rules/dry-run', {})).body.items).toHaveLength(3)
    const selected = await ask('POST', '/rules/dry-run', { selector: 'name=In(node-1,node-3)' })
    expect(selected.body.items).toMatchObject([
      { machineName: 'node-1' },
      { machineName: 'node-3' },
    ])
    const { token } = { token: tokens.limited }
    expect((await ask('POST', '/rules/dry-run', { machine: 'node-1' }, { token })).status).toBe(404)
  })
})
