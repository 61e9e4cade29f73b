import { once } from 'node:events'

import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

import { createOperatorApp } from '../../../../src/daemon/api/operator-app.ts'
import { localCaller } from '../../../../src/daemon/domain/access/caller.ts'
import { ChromiumPage } from '../../../fakes/chromium-page.ts'
import { MemoryOperatorServices } from '../../../fakes/memory-operator-services.ts'

let services: MemoryOperatorServices
let app: FastifyInstance
let url: string

beforeEach(async () => {
  services = new MemoryOperatorServices()
  app = await createOperatorApp(services, {})
  url = await app.listen({ host: '127.0.0.1', port: 0 })
  for (const number of [1, 2]) {
    const macAddress = `52:54:00:aa:bb:0${number}`
    await services.machines.addMachine({ name: `web-${number}`, macAddress })
  }
  const { id, machineId } = await services.runs.createRun(
    { machine: 'web-1', workflow: 'deploy-image' },
    'test',
  )
  services.events.append({ type: 'run', action: 'begun', key: id, machineId })
})
afterEach(() => app.close())

const loginPath = (caller = localCaller) => `/login/${services.webSessions.openLogin(caller)}`

async function logIn(caller = localCaller): Promise<string> {
  const answer = await fetch(url + loginPath(caller), { redirect: 'manual' })
  expect(answer.status).toBe(303)
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}

async function get(path: string, cookie?: string) {
  const headers = cookie === undefined ? {} : { cookie }
  const answer = await fetch(url + path, { headers, redirect: 'manual' })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

describe('the way in', () => {
  it('is closed without a link: the page says how to get one, and nothing else', async () => {
    const { status, text } = await get('/')
    expect(status).toBe(401)
    expect(text).toContain('repave web')
    expect(text).not.toContain('web-1')
    expect((await get('/', `repave_session=${'x'.repeat(43)}`)).status).toBe(401)
  })

  it('opens once for a link, with a cookie that no script reads and no other site sends', async () => {
    const path = loginPath()
    const answer = await get(path)
    expect(answer.headers.get('set-cookie')).toMatch(
      /^repave_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    expect(answer.headers.get('location')).toBe('/')
    const again = await get(path)
    expect([again.status, again.headers.get('set-cookie')]).toEqual([404, null])
  })

  it('leads to the pages alone: the API wants a token', async () => {
    const cookie = await logIn()
    expect((await get('/api/v1/machines', cookie)).status).toBe(401)
    const made = await fetch(`${url}/api/v1/web-logins`, { method: 'POST', headers: { cookie } })
    expect(made.status).toBe(401)
  })
})

describe('the pages', () => {
  it.each(['/', '/machines/web-1', '/images', '/events'])(
    '%s takes nothing from elsewhere and runs no script of its markup',
    async (path) => {
      const { status, headers, text } = await get(path, await logIn())
      expect(status).toBe(200)
      const policy = headers.get('content-security-policy')
      expect(policy).toContain("default-src 'none'")
      expect(policy).not.toContain('unsafe')
      expect(headers.get('cache-control')).toBe('no-store')
      expect(text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//)
      expect(text).not.toMatch(/<script(?! type="module" src="\/assets\/live\.js")| on\w+=| style=/)
    },
  )

  it('list every machine, as cells and as rows', async () => {
    const { text } = await get('/', await logIn())
    expect(text).toContain('2 machines: ')
    expect(text.match(/class="cell/g)).toHaveLength(2)
    expect(text).toContain('<a href="/machines/web-2">web-2</a>')
  })

  it('show a run as bars, and what happened', async () => {
    const { text } = await get('/machines/web-1', await logIn())
    expect(text).toContain('<ol class="timeline">')
    expect(text).toContain('run.begun')
    expect((await get('/machines/nobody', await logIn())).status).toBe(404)
  })

  it('say why a machine is stuck, what to try and how it came there', async () => {
    const body = { client: 'firmware', because: 'all <b>taken</b>' }
    const key = '52:54:00:aa:bb:02'
    services.events.append({ type: 'dhcp', action: 'pool-full', key, body })
    const { text } = await get('/machines/web-2', await logIn())
    expect(text).toContain('<p class="bad">web-2 is stuck: ')
    expect(text).toMatch(/<p>Try: [^<]{10,}<\/p>/)
    expect(text).toContain('<details open>')
    expect(text).toContain('no address for its firmware: all &lt;b&gt;taken')
  })

  it('show a limited token its own machines only', async () => {
    const covers = ({ name }: { name: string }) => name === 'web-2'
    const cookie = await logIn({ principal: 'operator:two', role: 'admin', covers })
    const fleet = await get('/', cookie)
    expect(fleet.text).toContain('web-2')
    expect(fleet.text).not.toContain('web-1')
    expect((await get('/machines/web-1', cookie)).status).toBe(404)
    expect((await get('/events', cookie)).text).not.toContain('run.begun')
  })

  it('are cut off when the token is revoked that they came from (W08)', async () => {
    const { id, token } = await services.tokens.createToken({ name: 'ci', role: 'viewer' }, 'test')
    const headers = { authorization: `Bearer ${token}` }
    const made = await fetch(`${url}/api/v1/web-logins`, { method: 'POST', headers })
    const { path } = (await made.json()) as { path: string }
    const answer = await fetch(url + path, { redirect: 'manual' })
    const cookie = (answer.headers.get('set-cookie') ?? '').split(';')[0]
    expect((await get('/', cookie)).status).toBe(200)
    await services.tokens.revokeToken(id, 'test')
    expect((await get('/', cookie)).status).toBe(401)
  })
})

describe('what is live', () => {
  async function connect(origin: string, token: string): Promise<string> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/ws`, { origin })
    try {
      await once(socket, 'open')
    } catch (refused) {
      return (refused as Error).message
    }
    socket.send(JSON.stringify({ frame: 'authenticate', id: 'page', token }))
    const [data] = (await once(socket, 'message')) as [Buffer]
    socket.terminate()
    return (JSON.parse(String(data)) as { frame: string }).frame
  }

  it('needs a ticket of our own page, good once (W01)', async () => {
    const cookie = await logIn()
    const { ticket } = JSON.parse((await get('/live-ticket', cookie)).text) as { ticket: string }
    expect(await connect('http://evil.example', ticket)).toContain('403')
    expect(await connect(url.replace('127.0.0.1', 'localhost'), ticket)).toContain('403')
    expect(await connect(url, ticket)).toBe('authenticated')
    expect(await connect(url, ticket)).toBe('error')
    expect((await get('/live-ticket')).status).toBe(401)
  })

  it('reaches a browser: it logs in, goes live and shows what happens, without a reload', async () => {
    await using page = await ChromiumPage.open(url + loginPath())
    const shows = (text: string) => expect.poll(() => page.text()).toContain(text)
    await shows('2 machines: ')
    await shows('\nlive\n')
    await services.machines.addMachine({ name: 'late-1', macAddress: '52:54:00:aa:bb:0f' })
    await shows('late-1')
    await page.goTo(`${url}/machines/web-1`)
    await shows('run.begun')
  })
})
