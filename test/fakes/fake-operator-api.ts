import { rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'

import { type WebSocket, WebSocketServer } from 'ws'

import type { Image } from '../../src/contract/api-documents.ts'
import { type NewEvent, type RepaveEvent, topicMatches } from '../../src/contract/event.ts'
import type { Machine } from '../../src/contract/machine.ts'
import {
  type DaemonToOperator,
  type OperatorToDaemon,
  operatorToDaemonSchema,
} from '../../src/contract/operator-frames.ts'
import type { Run, WriteProgress } from '../../src/contract/run.ts'
import type { Problem } from '../../src/contract/status-documents.ts'

/** A request that came in, for the test to look at. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly body: Buffer
}

/** What the daemon answers to one request: a status and JSON, or lines of JSON. */
export interface FakeAnswer {
  readonly status?: number
  readonly json?: unknown
  readonly lines?: readonly unknown[]
  /** After the lines: `end` the answer (the default), leave it `open`, or `cut` the connection. */
  readonly afterwards?: 'end' | 'open' | 'cut'
}

/** A daemon's operator interface on a real unix socket, with state and events that the test scripts. */
export class FakeOperatorApi implements AsyncDisposable {
  readonly machines = new Map<string, Machine>()
  readonly runs = new Map<string, Run>()
  readonly images = new Map<string, Image>()
  readonly events: RepaveEvent[] = []
  readonly requests: SeenRequest[] = []
  readonly subscriptions: Extract<OperatorToDaemon, { frame: 'subscribe' }>[] = []
  /** Asked first for every request; the built-in answer is given where it returns undefined. */
  answer: (request: SeenRequest) => FakeAnswer | undefined = () => undefined
  /** Called after each subscription was answered. */
  onSubscribed: () => void = () => undefined
  readonly #socketPath: string
  readonly #open = new Map<WebSocket, { id: string; topics: readonly string[] }>()
  #server: Server | undefined
  #sockets: WebSocketServer | undefined

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  /** Listens; also again after {@link stop}. */
  async start(): Promise<void> {
    await rm(this.#socketPath, { force: true })
    const server = createServer((request, response) => void this.#serve(request, response))
    const sockets = new WebSocketServer({ server, path: '/api/v1/ws' })
    sockets.on('connection', (socket) => this.#accept(socket))
    server.listen(this.#socketPath)
    await once(server, 'listening')
    this.#server = server
    this.#sockets = sockets
  }

  /** Cuts every connection and stops listening. */
  async stop(): Promise<void> {
    this.cutConnections()
    this.#sockets?.close()
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve) ?? resolve(undefined))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Breaks all websockets without a goodbye. */
  cutConnections(): void {
    for (const socket of this.#open.keys()) socket.terminate()
    this.#open.clear()
  }

  /** Stores what the event carries, appends it and tells who listens. */
  emit(event: NewEvent): RepaveEvent {
    const numbered = { ...event, seq: this.events.length + 1 }
    this.events.push(numbered)
    const { run, machine } = event.body as { run?: Run; machine?: Machine }
    if (run !== undefined) this.runs.set(run.id, run)
    if (machine !== undefined) this.machines.set(machine.id, machine)
    for (const [socket, { id, topics }] of this.#open) {
      if (covers(topics, numbered)) send(socket, { frame: 'event', id, event: numbered })
    }
    return numbered
  }

  progress(run: Run, progress: WriteProgress): void {
    for (const [socket, { id }] of this.#open) {
      send(socket, { frame: 'progress', id, machineId: run.machineId, runId: run.id, progress })
    }
  }

  /** Sends a frame as it stands to every subscriber. */
  broadcast(frame: Record<string, unknown>): void {
    for (const [socket, { id }] of this.#open) socket.send(JSON.stringify({ id, ...frame }))
  }

  #accept(socket: WebSocket): void {
    socket.on('error', () => undefined)
    socket.on('close', () => this.#open.delete(socket))
    socket.on('message', (data: Buffer) => {
      const frame = operatorToDaemonSchema.parse(JSON.parse(data.toString('utf8')))
      if (frame.frame === 'subscribe') this.#subscribe(socket, frame)
    })
  }

  #subscribe(socket: WebSocket, frame: Extract<OperatorToDaemon, { frame: 'subscribe' }>): void {
    const { id, topics } = frame
    const seq = this.events.length
    this.subscriptions.push(frame)
    send(socket, {
      frame: 'subscribed',
      id,
      seq,
      machines: [...this.machines.values()],
      runs: [...this.runs.values()],
    })
    for (const event of this.events.slice(Math.min(frame.since ?? seq, seq))) {
      if (covers(topics, event)) send(socket, { frame: 'event', id, event })
    }
    this.#open.set(socket, { id, topics })
    this.onSubscribed()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const seen: SeenRequest = {
      method: request.method ?? '',
      path: (request.url ?? '').replace('/api/v1', ''),
      body: Buffer.concat(parts),
    }
    this.requests.push(seen)
    const {
      status = 200,
      json,
      lines,
      afterwards = 'end',
    } = this.answer(seen) ?? this.#builtIn(seen)
    response.statusCode = status
    if (lines === undefined) {
      response.end(json === undefined ? undefined : JSON.stringify(json))
      return
    }
    response.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), () => {
      if (afterwards === 'end') response.end()
      if (afterwards === 'cut') response.destroy()
    })
  }

  #builtIn({ method, path }: SeenRequest): FakeAnswer {
    const seq = this.events.length
    if (method === 'DELETE') return { status: 204 }
    if (path.split('?')[0] === '/machines')
      return { json: { items: [...this.machines.values()], seq } }
    if (path === '/runs') return { json: { items: [...this.runs.values()], seq } }
    if (path === '/images') return { json: { items: [...this.images.values()] } }
    const image = this.images.get(decodeURIComponent(/^\/images\/([^/?]+)$/.exec(path)?.[1] ?? ''))
    if (image !== undefined) return { json: image }
    const page = /^\/events\?since=(\d+)&limit=(\d+)$/.exec(path)
    if (page !== null) {
      const since = Number(page[1])
      return { json: { items: this.events.slice(since, since + Number(page[2])), seq } }
    }
    return { status: 404, json: problem(404, 'ERR_RESOURCE_NOT_FOUND', `nothing at ${path}`) }
  }
}

/** RFC 9457 problem details as the daemon gives them. */
export function problem(status: number, code: string, detail: string, remedy?: string): Problem {
  const type = `urn:repave:error:${code}`
  return { type, title: 'Error', status, code, detail, ...(remedy === undefined ? {} : { remedy }) }
}

function covers(topics: readonly string[], event: RepaveEvent): boolean {
  return topics.some((topic) => topicMatches(topic, event))
}

function send(socket: WebSocket, frame: DaemonToOperator): void {
  socket.send(JSON.stringify(frame))
}
