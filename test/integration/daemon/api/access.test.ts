import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import type { Role } from '../../../../src/contract/access.ts'
import { createOperatorApp } from '../../../../src/daemon/api/operator-app.ts'
import { type RouteRule } from '../../../../src/daemon/api/routes/route-rule.ts'
import { routeTable } from '../../../../src/daemon/api/routes/route-table.ts'
import { MemoryOperatorServices } from '../../../fakes/memory-operator-services.ts'

let services: MemoryOperatorServices
let app: FastifyInstance
let own: string
let foreign: string
let runs: { own: string; foreign: string }
let url: string

beforeEach(async () => {
  services = new MemoryOperatorServices()
  app = await createOperatorApp(services, {})
  url = await app.listen({ host: '127.0.0.1', port: 0 })
  const add = async (name: string, macAddress: string) => {
    const machine = await services.machines.addMachine({ name, macAddress })
    const wanted = { machine: name, workflow: 'deploy-image' }
    return { machine, run: await services.runs.createRun(wanted, 'test') }
  }
  const mine = await add('web-1', '52:54:00:aa:bb:01')
  const other = await add('db-1', '52:54:00:aa:bb:02')
  own = mine.machine.name
  foreign = other.machine.name
  runs = { own: mine.run.id, foreign: other.run.id }
})
afterEach(() => app.close())

let tokenCount = 0
async function tokenOf(role: Role, selector?: string): Promise<string> {
  const name = `t${tokenCount++}`
  const request = { name, role, ...(selector === undefined ? {} : { selector }) }
  return (await services.tokens.createToken(request, 'test')).token
}

interface Question {
  readonly token?: string
  readonly machine?: string
  readonly run?: string
}

async function statusOf(route: string, { token, machine = own, run = runs.own }: Question) {
  const [method = '', path = ''] = route.split(' ')
  const filled = path
    .replace(/\/machines\/:reference/, `/machines/${machine}`)
    .replace(/\/runs\/:id/, `/runs/${run}`)
    .replaceAll(/:\w+/g, 'none')
  const isBodied = !['GET', 'DELETE'].includes(method)
  const answer = await app.inject({
    method: method as 'GET',
    url: filled,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(isBodied ? { payload: { machine, workflow: 'deploy-image' } } : {}),
  })
  return answer.statusCode
}

const isRefused = (status: number) => status === 401 || status === 403
const routes = Object.entries(routeTable).filter(([, { status }]) => status !== 101)

/** What the table says comes of it, told apart from how the guard does it. */
function expectedFor(rule: RouteRule, route: string, role: Role | 'nobody', isForeign: boolean) {
  const ranks = ['anyone', 'viewer', 'operator', 'admin']
  if (rule.role === 'anyone') return 'let in'
  if (role === 'nobody') return 401
  if (ranks.indexOf(role) < ranks.indexOf(rule.role)) return 403
  if (!isForeign) return 'let in'
  if (rule.about === 'site') return route.startsWith('GET') ? 'let in' : 403
  return rule.about === 'machines' ? 'let in' : 404
}

const authorisationText = `# Who may do what

Every route of the operators' interface, the role that a token needs for it at least, and what it is about.
The roles hold each other: \`admin\` may what \`operator\` may, and that what \`viewer\` may. A token that is
limited to some machines sees of \`machines\` its own, finds of \`machine\`, \`run\` and \`wanted-machine\` its
own (any other is not there), and may read of the \`site\` and change nothing. The source is
\`src/daemon/api/routes\`; a route that is not there does not start, and a test holds this page to it.
`

describe('the authorisation table', () => {
  it('is held to for every route, every role, and machines of one’s own and of others (H12)', async () => {
    const callers: { role: Role | 'nobody'; selector?: string; machine: 'own' | 'foreign' }[] = [
      { role: 'nobody', machine: 'own' },
      ...(['viewer', 'operator', 'admin'] as const).flatMap((role) => [
        { role, machine: 'own' as const },
        { role, selector: 'name=Re(^web-)', machine: 'own' as const },
        { role, selector: 'name=Re(^web-)', machine: 'foreign' as const },
      ]),
    ]
    const wrong: unknown[] = []
    let checked = 0
    for (const { role, selector, machine } of callers) {
      const token = role === 'nobody' ? undefined : await tokenOf(role, selector)
      for (const [route, rule] of routes) {
        const isLimited = selector !== undefined
        const isForeign = isLimited && (machine === 'foreign' || rule.about === 'site')
        const expected = expectedFor(rule, route, role, isForeign)
        const status = await statusOf(route, {
          ...(token === undefined ? {} : { token }),
          ...(machine === 'own'
            ? { machine: own, run: runs.own }
            : { machine: foreign, run: runs.foreign }),
        })
        checked++
        const fits = expected === 'let in' ? !isRefused(status) : status === expected
        if (!fits) wrong.push({ role, selector, machine, route, expected, status })
      }
    }
    console.info(
      `authorisation: ${routes.length} routes, ${checked} combinations held to the table`,
    )
    expect(wrong).toEqual([])
  })

  it('has an entry for each route that is served, and no other', async () => {
    const served = new Set<string>()
    for (const route of Object.keys(routeTable)) {
      const [method = '', path = ''] = route.split(' ')
      if (app.hasRoute({ method, url: path })) served.add(route)
    }
    expect(Object.keys(routeTable).filter((route) => !served.has(route))).toEqual([])
  })

  it('lets no route into service that it lacks (H12)', () => {
    const late = () => app.route({ method: 'GET', url: '/late', handler: async () => 'open' })
    expect(late).toThrow()
  })

  it('is the one that docs/authorisation.md shows (vitest -u writes it)', async () => {
    const lines = Object.entries(routeTable).map(
      ([route, { role, about, summary }]) => `| \`${route}\` | ${role} | ${about} | ${summary} |`,
    )
    const page = [
      authorisationText,
      '| route | role | about | |',
      '| --- | --- | --- | --- |',
      ...lines,
    ]
    await expect(`${page.join('\n')}\n`).toMatchFileSnapshot('../../../../docs/authorisation.md')
  })
})

describe('tokens over TCP', () => {
  it('are not taken from the address, not in another scheme, and not without one (W02)', async () => {
    const token = await tokenOf('admin')
    const status = async (path: string, authorization?: string) =>
      (await fetch(url + path, authorization === undefined ? {} : { headers: { authorization } }))
        .status
    expect(await status(`/api/v1/machines?token=${token}`)).toBe(401)
    expect(await status(`/api/v1/machines?access_token=${token}`, `Bearer ${token}`)).toBe(401)
    expect(await status('/api/v1/machines', `Basic ${token}`)).toBe(401)
    expect(await status('/api/v1/machines', token)).toBe(401)
    expect(await status('/api/v1/machines')).toBe(401)
    expect(await status('/nowhere')).toBe(401)
    expect(await status('/healthz')).toBe(200)
    expect(await status('/api/v1/machines', `Bearer ${token}`)).toBe(200)
  })

  it('answers 401 with a problem that says how to get one, and tells nothing else', async () => {
    const answer = await fetch(`${url}/api/v1/tokens`)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(await answer.json()).toMatchObject({ code: 'ERR_UNAUTHENTICATED', status: 401 })
  })

  it('slows down who guesses, and goes on for who knows (H13)', async () => {
    const token = await tokenOf('viewer')
    const status = async (text: string) => {
      const headers = { authorization: `Bearer ${text}` }
      const answer = await fetch(`${url}/api/v1/machines`, { headers })
      await answer.arrayBuffer()
      return answer.status
    }
    const guesses: number[] = []
    for (let count = 0; count < 200; count++) {
      guesses.push(await status(`repave_${'0'.repeat(12)}_${String(count).padStart(43, 'x')}`))
    }
    expect(guesses.filter((each) => each === 401).length).toBe(20)
    expect(guesses.filter((each) => each === 429).length).toBe(180)
    expect(await status(token)).toBe(200)
    const seen = await services.events.readSince(0, 1000)
    const alarms = seen.filter(({ type, action }) => type === 'access' && action === 'refused')
    expect(alarms).toMatchObject([{ key: '127.0.0.1' }])
  })

  it('shows a limited token its own machines, runs and events, and nothing else', async () => {
    const token = await tokenOf('operator', 'name=Re(^web-)')
    const read = async (path: string) => {
      const headers = { authorization: `Bearer ${token}` }
      const answer = await fetch(`${url}/api/v1${path}`, { headers })
      return (await answer.json()) as { items: { name?: string; machineName?: string }[] }
    }
    expect((await read('/machines')).items.map(({ name }) => name)).toEqual(['web-1'])
    expect((await read('/runs')).items.map(({ machineName }) => machineName)).toEqual(['web-1'])
    const { id } = (await services.machines.findMachine(own)) ?? { id: '' }
    const { id: otherId } = (await services.machines.findMachine(foreign)) ?? { id: '' }
    services.events.append({ type: 'log', key: id, machineId: id })
    services.events.append({ type: 'log', key: otherId, machineId: otherId })
    services.events.append({ type: 'dhcp' })
    expect((await read('/events')).items).toMatchObject([{ key: id }])
    expect((await read(`/events?machine=${id}&topic=log.*.*`)).items).toMatchObject([{ key: id }])
    expect(await read(`/events?machine=${otherId}`)).toMatchObject({ status: 404 })
  })

  it('shows no secret of a token to anybody, in lists, events and answers (W11)', async () => {
    const admin = await tokenOf('admin')
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ name: 'canary', role: 'viewer' })
    const created = await fetch(`${url}/api/v1/tokens`, { method: 'POST', headers, body })
    const { token } = (await created.json()) as { token: string }
    const texts = [JSON.stringify(await services.events.readSince(0, 1000))]
    for (const path of ['/tokens', '/events', '/status', '/machines']) {
      texts.push(await (await fetch(`${url}/api/v1${path}`, { headers })).text())
    }
    const removed = await fetch(`${url}/api/v1/tokens/canary`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${admin}` },
    })
    texts.push(await removed.text())
    for (const text of texts) {
      expect(text).not.toContain(token.slice(-43))
      expect(text).not.toContain('secretHash')
    }
  })

  it('refuse every member that no schema names, whoever sends it (W03)', async () => {
    const token = await tokenOf('operator')
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const before = JSON.stringify(await services.runs.snapshot())
    const members = ['role', 'isAdmin', 'ownerId', 'token', 'id', 'state', 'revision', 'principal']
    const bodies: Record<string, object> = {
      machines: { name: 'new-1', macAddress: '52:54:00:aa:bb:09' },
      runs: { machine: 'web-1', workflow: 'deploy-image' },
      plans: { machine: 'web-1', workflow: 'deploy-image' },
    }
    for (const [noun, body] of Object.entries(bodies)) {
      for (const member of members) {
        const text = JSON.stringify({ ...body, [member]: 'admin' })
        const answer = await fetch(`${url}/api/v1/${noun}`, { method: 'POST', headers, body: text })
        expect([noun, member, answer.status]).toEqual([noun, member, 400])
      }
    }
    expect(JSON.stringify(await services.runs.snapshot())).toBe(before)
  })
})
