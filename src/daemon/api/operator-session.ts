import { isUtf8 } from 'node:buffer'

import type { RawData, WebSocket } from 'ws'

import { messageOf } from '../../base/coded-error.ts'
import {
  type DaemonToOperator,
  type OperatorToDaemon,
  operatorToDaemonSchema,
} from '../../contract/operator-frames.ts'
import type { OperatorServices } from './operator-services.ts'
import { runSubscription } from './operator-subscription.ts'

const pingIntervalMs = 20_000
const maximumSubscriptions = 16
/** Wrong frames a minute before the connection is closed. */
const toleratedFaults = 20

/** One connected operator: answers frames, keeps its subscriptions, notices when it is gone. */
export class OperatorSession {
  readonly #socket: WebSocket
  readonly #services: OperatorServices
  readonly #subscriptions = new Map<string, AbortController>()
  #alive = true
  #faults = 0
  #faultsSinceMs = 0

  constructor(socket: WebSocket, services: OperatorServices) {
    this.#socket = socket
    this.#services = services
  }

  start(): void {
    const socket = this.#socket
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    socket.on('pong', () => {
      this.#alive = true
    })
    const pings = setInterval(() => this.#ping(), pingIntervalMs)
    socket.once('close', () => {
      clearInterval(pings)
      for (const subscription of this.#subscriptions.values()) subscription.abort()
    })
  }

  #ping(): void {
    if (!this.#alive) {
      this.#socket.terminate()
      return
    }
    this.#alive = false
    this.#socket.ping()
  }

  #receive(data: RawData, isBinary: boolean): void {
    const reading = readFrame(data, isBinary)
    if (!reading.ok) this.#fault(reading.message, reading.id)
    else if (reading.frame.frame === 'subscribe') this.#subscribe(reading.frame)
    else this.#unsubscribe(reading.frame.id)
  }

  #subscribe(frame: Extract<OperatorToDaemon, { frame: 'subscribe' }>): void {
    if (this.#subscriptions.has(frame.id)) {
      this.#fault(`a subscription "${frame.id}" is under way`, frame.id)
      return
    }
    if (this.#subscriptions.size >= maximumSubscriptions) {
      this.#fault(`at most ${maximumSubscriptions} subscriptions a connection`, frame.id)
      return
    }
    const controller = new AbortController()
    this.#subscriptions.set(frame.id, controller)
    const send = (answer: DaemonToOperator) => this.#send(answer)
    runSubscription(frame, this.#services, send, controller.signal)
      .catch((thrown: unknown) => this.#subscriptionFailed(frame.id, thrown))
      .finally(() => this.#subscriptions.delete(frame.id))
  }

  #subscriptionFailed(id: string, thrown: unknown): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#services.logger.error({ reason: messageOf(thrown) }, 'operator subscription failed')
    this.#socket.close(1011, `subscription ${id} failed`.slice(0, 100))
  }

  #unsubscribe(id: string): void {
    const subscription = this.#subscriptions.get(id)
    if (subscription === undefined) this.#fault(`no subscription "${id}" is under way`, id)
    else subscription.abort()
  }

  #fault(message: string, id?: string): void {
    const nowMs = this.#services.clock.monotonicMs()
    if (nowMs - this.#faultsSinceMs > 60_000) {
      this.#faultsSinceMs = nowMs
      this.#faults = 0
    }
    if (++this.#faults > toleratedFaults) {
      this.#socket.close(1008, 'too many wrong frames')
      return
    }
    const frame = { frame: 'error', code: 'ERR_FRAME_INVALID', message } as const
    this.#send(id === undefined ? frame : { ...frame, id }).catch(() => undefined)
  }

  /** Resolves when the frame has left for the kernel: whoever waits for it never outruns a slow reader. */
  #send(frame: DaemonToOperator): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.send(JSON.stringify(frame), (error) => {
        if (error) reject(error)
        else resolve()
      })
    })
  }
}

type FrameReading =
  | { readonly ok: true; readonly frame: OperatorToDaemon }
  | { readonly ok: false; readonly message: string; readonly id?: string }

function readFrame(data: RawData, isBinary: boolean): FrameReading {
  // One Buffer for every frame: what `ws` hands over as long as binaryType stays its default.
  if (isBinary || !Buffer.isBuffer(data) || !isUtf8(data)) {
    return { ok: false, message: 'expected UTF-8 text' }
  }
  let value: unknown
  try {
    value = JSON.parse(data.toString('utf8'))
  } catch {
    return { ok: false, message: 'expected JSON' }
  }
  const checked = operatorToDaemonSchema.safeParse(value)
  if (checked.success) return { ok: true, frame: checked.data }
  const message = checked.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'frame'}: ${issue.message}`)
    .join('; ')
  const id = idOf(value)
  return id === undefined ? { ok: false, message } : { ok: false, message, id }
}

function idOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'id')) return undefined
  const { id } = value as { id: unknown }
  return typeof id === 'string' && id.length <= 64 ? id : undefined
}
