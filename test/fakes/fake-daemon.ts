import { createPublicKey, randomUUID, verify } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { type WebSocket, WebSocketServer } from 'ws'

import {
  type AgentToDaemon,
  agentToDaemonSchema,
  type DaemonToAgent,
  type TaskOrder,
} from '../../src/contract/agent-frames.ts'

export type AgentFrame<Name extends AgentToDaemon['frame']> = Extract<
  AgentToDaemon,
  { frame: Name }
>

const machineId = '11111111-1111-4111-8111-111111111111'

/** A daemon that speaks the agent's protocol over a real socket and keeps every frame it gets. */
export class FakeDaemon implements AsyncDisposable {
  readonly frames: AgentToDaemon[] = []
  /** Whether results are acknowledged at once. */
  acknowledges = true
  /** Sent instead of the welcome. */
  refusal: { code: string; message: string } | undefined
  connections = 0
  /** What its clock shows when it welcomes an agent. */
  timeMs = Date.UTC(2026, 0, 1)
  #server: WebSocketServer
  #sockets = new Set<WebSocket>()
  #waiters: { matches: (frame: AgentToDaemon) => boolean; resolve: () => void }[] = []
  readonly #port: number

  readonly #scheme: string

  private constructor(server: WebSocketServer, port: number, scheme = 'http') {
    this.#server = server
    this.#scheme = scheme
    this.#port = port
    this.#accept(server)
  }

  static async start(): Promise<FakeDaemon> {
    const server = await listen(0)
    return new FakeDaemon(server, (server.address() as AddressInfo).port)
  }

  /** On the port of a server that serves images, as the provisioning listener does. */
  static attach(server: Server, scheme: 'http' | 'https' = 'http'): FakeDaemon {
    const { port } = server.address() as AddressInfo
    return new FakeDaemon(new WebSocketServer({ server, path: '/agent/v1/ws' }), port, scheme)
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`
  }

  /** All frames of a kind so far. */
  all<Name extends AgentToDaemon['frame']>(name: Name): AgentFrame<Name>[] {
    return this.frames.filter((frame): frame is AgentFrame<Name> => frame.frame === name)
  }

  /** The `count`-th frame of a kind, waiting for it. */
  async frame<Name extends AgentToDaemon['frame']>(
    name: Name,
    count = 1,
  ): Promise<AgentFrame<Name>> {
    while (this.all(name).length < count) {
      await new Promise<void>((resolve) => {
        this.#waiters.push({ matches: (frame) => frame.frame === name, resolve })
      })
    }
    const frame = this.all(name)[count - 1]
    if (frame === undefined) throw new Error('unreachable')
    return frame
  }

  send(frame: DaemonToAgent): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify(frame))
  }

  sendText(text: string): void {
    for (const socket of this.#sockets) socket.send(text)
  }

  /** Orders a task and returns its attempt id. */
  order(order: TaskOrder, attemptId: string = randomUUID()): string {
    const runId = '22222222-2222-4222-8222-222222222222'
    this.send({ frame: 'task', runId, attemptId, stage: 'test', task: 'test', order })
    return attemptId
  }

  acknowledge(attemptId: string): void {
    this.send({ frame: 'result-ack', attemptId })
  }

  dropConnections(): void {
    for (const socket of this.#sockets) socket.terminate()
  }

  /** Away for as long as `while` runs, then back on the same port. */
  async restart(meanwhile: () => Promise<void> | void = () => undefined): Promise<void> {
    await this.#stop()
    await meanwhile()
    this.#server = await listen(this.#port)
    this.#accept(this.#server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop()
  }

  async #stop(): Promise<void> {
    this.dropConnections()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #accept(server: WebSocketServer): void {
    server.on('connection', (socket) => {
      this.connections++
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => undefined)
      const challenge = randomUUID()
      socket.send(JSON.stringify({ frame: 'challenge', protocol: 1, challenge }))
      socket.on('message', (data) => {
        const text = (data as Buffer).toString('utf8')
        const frame = agentToDaemonSchema.parse(JSON.parse(text))
        this.#react(socket, frame, challenge)
        this.#keep(frame)
      })
    })
  }

  #react(socket: WebSocket, frame: AgentToDaemon, challenge: string): void {
    const answer = (reply: DaemonToAgent) => socket.send(JSON.stringify(reply))
    if (frame.frame === 'hello') {
      if (!provesKey(frame, challenge)) throw new Error('the hello is not signed')
      if (this.refusal !== undefined) answer({ frame: 'refused', ...this.refusal })
      else {
        const daemonTimeMs = this.timeMs
        answer({ frame: 'welcome', machineId, machineName: 'node-1', daemonTimeMs })
      }
    }
    if (frame.frame === 'result' && this.acknowledges) {
      answer({ frame: 'result-ack', attemptId: frame.attemptId })
    }
  }

  #keep(frame: AgentToDaemon): void {
    this.frames.push(frame)
    const met = this.#waiters.filter(({ matches }) => matches(frame))
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter))
    for (const { resolve } of met) resolve()
  }
}

async function listen(port: number): Promise<WebSocketServer> {
  const server = new WebSocketServer({ host: '127.0.0.1', port, path: '/agent/v1/ws' })
  await once(server, 'listening')
  return server
}

function provesKey(hello: AgentFrame<'hello'>, challenge: string): boolean {
  const x = Buffer.from(hello.publicKey, 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const signed = Buffer.from(`${challenge}.${hello.token}`)
  return verify(null, signed, key, Buffer.from(hello.signature, 'base64'))
}
