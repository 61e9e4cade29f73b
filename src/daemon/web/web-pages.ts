import { readFileSync } from 'node:fs'

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { inertText } from '../../base/ascii.ts'
import type { RepaveEvent } from '../../contract/event.ts'
import type { Machine } from '../../contract/machine.ts'
import type { OperatorServices } from '../api/operator-services.ts'
import { callerOf } from '../api/requests/principal.ts'
import { problemOf, ResourceNotFoundError } from '../api/requests/problem.ts'
import { mayTouch } from '../domain/access/caller.ts'
import { MachineSight } from '../domain/access/machine-sight.ts'
import { eventPage } from './event-page.ts'
import { fleetPage } from './fleet-page.ts'
import { html } from './html.ts'
import { imagePage } from './image-page.ts'
import { machinePage } from './machine-page.ts'
import { type Page, pageText } from './page-frame.ts'

const assets: Readonly<Record<string, { readonly type: string; readonly text: string }>> = {
  'page.css': { type: 'text/css; charset=utf-8', text: readAsset('page.css') },
  'live.js': { type: 'text/javascript; charset=utf-8', text: readAsset('live.js') },
}

function readAsset(name: string): string {
  return readFileSync(new URL(`assets/${name}`, import.meta.url), 'utf8')
}

/** Nothing from elsewhere, no script in the markup, in nobody's frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Events that a page shows at most, out of so many that are looked through. */
const shownEvents = 200
const searchedEvents = 5000

/** The pages: every machine, one machine, images, events; and how a browser gets in. */
export function webPages(app: FastifyInstance, services: OperatorServices): void {
  app.setErrorHandler(async (thrown, request, reply) => {
    const problem = problemOf(thrown)
    const isUnknown = problem.status === 401
    const main = isUnknown
      ? html`<p>This page needs a link that is good once. Get one with</p>
          <p class="command">repave web</p>`
      : html`<p>${problem.detail}</p>`
    return send(reply.code(problem.status), { title: problem.title, place: request.url, main })
  })
  pageRoutes(app, services)
  entryRoutes(app, services)
}

function pageRoutes(app: FastifyInstance, services: OperatorServices): void {
  const { machines, runs, images, explainer, clock } = services
  app.get('/', async (request, reply) => {
    const snapshot = await runs.snapshot()
    return send(
      reply,
      fleetPage({
        machines: seenBy(request, snapshot.machines),
        runs: snapshot.runs,
        nowMs: clock.nowMs(),
      }),
    )
  })
  app.get<{ Params: { reference: string } }>('/machines/:reference', async (request, reply) => {
    const machine = await machines.findMachine(request.params.reference)
    if (machine === undefined) {
      const named = inertText(request.params.reference, 64)
      throw new ResourceNotFoundError(`no machine goes by ${named}`)
    }
    const isOurs = (event: RepaveEvent) => event.machineId === machine.id
    return send(
      reply,
      machinePage({
        machine,
        run: machine.runId === undefined ? undefined : await runs.findRun(machine.runId),
        explanation: await explainer.explain(machine.id),
        events: await lastEvents(services, isOurs),
        nowMs: clock.nowMs(),
      }),
    )
  })
  app.get('/images', async (request, reply) =>
    send(
      reply,
      imagePage(await images.listImages(), seenBy(request, await machines.listMachines())),
    ),
  )
  app.get('/events', async (request, reply) => {
    const sight = new MachineSight(callerOf(request), await machines.listMachines())
    return send(reply, eventPage(await lastEvents(services, (event) => sight.sees(event))))
  })
}

function entryRoutes(app: FastifyInstance, { webSessions }: OperatorServices): void {
  app.get('/live-ticket', async (request, reply) => {
    const ticket = webSessions.newTicket(callerOf(request))
    return reply.header('cache-control', 'no-store').send({ ticket })
  })
  app.get<{ Params: { file: string } }>('/assets/:file', async (request, reply) => {
    const { file } = request.params
    const asset = Object.hasOwn(assets, file) ? assets[file] : undefined
    if (asset === undefined) throw new ResourceNotFoundError('no such part of a page')
    return reply.type(asset.type).header('cache-control', 'no-cache').send(asset.text)
  })
  app.get<{ Params: { word: string } }>('/login/:word', async (request, reply) => {
    const session = webSessions.redeemLogin(request.params.word)
    if (session === undefined) {
      throw new ResourceNotFoundError('this link was used already, or is too old: repave web')
    }
    const secure = request.protocol === 'https' ? '; Secure' : ''
    const cookie = `repave_session=${session}; Path=/; HttpOnly; SameSite=Strict${secure}`
    return reply
      .header('set-cookie', cookie)
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-store')
      .redirect('/', 303)
  })
}

function seenBy(request: FastifyRequest, machines: readonly Machine[]): readonly Machine[] {
  const caller = callerOf(request)
  return machines.filter((machine) => mayTouch(caller, machine))
}

/** The last events that `isShown`, oldest first. */
async function lastEvents(
  { events }: OperatorServices,
  isShown: (event: RepaveEvent) => boolean,
): Promise<RepaveEvent[]> {
  const since = Math.max(0, events.lastSeq() - searchedEvents)
  return (await events.readSince(since, searchedEvents)).filter(isShown).slice(-shownEvents)
}

function send(reply: FastifyReply, page: Page): FastifyReply {
  return reply
    .header('content-security-policy', contentSecurityPolicy)
    .header('referrer-policy', 'no-referrer')
    .header('x-content-type-options', 'nosniff')
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(pageText(page))
}
