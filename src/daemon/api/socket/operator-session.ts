import type { RawData, WebSocket } from 'ws'

import { CodedError, messageOf } from '../../../base/coded-error.ts'
import type { DaemonToOperator, OperatorToDaemon } from '../../../contract/operator-frames.ts'
import type { Caller } from '../../domain/access/caller.ts'
import type { OperatorServices } from '../operator-services.ts'
import type { Authenticator } from '../requests/authenticator.ts'
import type { EventTexts } from './event-texts.ts'
import { FrameSender } from './frame-sender.ts'
import { runSubscription } from './operator-subscription.ts'
import { readOperatorFrame } from './read-operator-frame.ts'

/** Milliseconds. */
const pingIntervalMs = 20_000
const authenticateWithinMs = 5000
/** How soon a revoked or expired token ends its connections. */
const validityIntervalMs = 500
const maximumSubscriptions = 16
/** Wrong frames a minute before the connection is closed. */
const toleratedFaults = 20

/** Close codes of ours (RFC 6455 §7.4.2). */
export const closeCodes = { unauthenticated: 4401 } as const

/** Who is at the other end, or how that will be found out. */
export interface SessionIdentity {
  /** Absent until a frame says it. */
  readonly caller?: Caller
  /** Absent on the unix socket. */
  readonly authenticator?: Authenticator
  readonly address?: string
  /** Shared by all sessions. */
  readonly texts: EventTexts
}

/** One connected operator: answers frames, keeps its subscriptions, notices when it is gone. */
export class OperatorSession {
  readonly #socket: WebSocket
  readonly #services: OperatorServices
  readonly #identity: SessionIdentity
  readonly #sender: FrameSender
  readonly #subscriptions = new Map<string, AbortController>()
  readonly #timers: NodeJS.Timeout[] = []
  #caller: Caller | undefined
  #alive = true
  #faults = 0
  #faultsSinceMs = 0

  constructor(socket: WebSocket, services: OperatorServices, identity: SessionIdentity) {
    this.#socket = socket
    this.#services = services
    this.#identity = identity
    this.#sender = new FrameSender(socket)
    this.#caller = identity.caller
  }

  start(): void {
    const socket = this.#socket
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    socket.on('pong', () => {
      this.#alive = true
    })
    this.#timers.push(setInterval(() => this.#ping(), pingIntervalMs))
    if (this.#identity.authenticator !== undefined) {
      this.#timers.push(
        setTimeout(() => this.#caller ?? this.#end('no token came'), authenticateWithinMs),
        setInterval(() => this.#checkToken(), validityIntervalMs),
      )
    }
    socket.once('close', () => {
      for (const timer of this.#timers) clearTimeout(timer)
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

  /** Whether whoever is at the other end still may be; ends the connection otherwise. */
  #checkToken(): boolean {
    const tokenId = this.#caller?.tokenId
    if (tokenId === undefined || this.#identity.authenticator?.isValid(tokenId)) return true
    this.#end('the token is not valid any more')
    return false
  }

  #end(reason: string): void {
    for (const subscription of this.#subscriptions.values()) subscription.abort()
    this.#socket.close(closeCodes.unauthenticated, reason)
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (!this.#checkToken()) return
    const reading = readOperatorFrame(data, isBinary)
    if (!reading.ok) this.#fault(reading.message, reading.id)
    else if (reading.frame.frame === 'authenticate') this.#authenticate(reading.frame)
    else if (this.#caller === undefined) this.#end('authenticate first')
    else if (reading.frame.frame === 'subscribe') this.#subscribe(reading.frame, this.#caller)
    else this.#unsubscribe(reading.frame.id)
  }

  #authenticate({ id, token }: Extract<OperatorToDaemon, { frame: 'authenticate' }>): void {
    const { authenticator, address = '' } = this.#identity
    if (authenticator === undefined || this.#caller !== undefined) {
      this.#fault('it is known who you are', id)
      return
    }
    try {
      this.#caller = authenticator.authenticate(token, address)
    } catch (thrown) {
      if (!(thrown instanceof CodedError)) throw thrown
      this.#answer({ frame: 'error', id, code: thrown.code, message: thrown.message })
      this.#end('wrong token')
      return
    }
    const { principal, role } = this.#caller
    this.#answer({ frame: 'authenticated', id, principal, role })
  }

  #subscribe(frame: Extract<OperatorToDaemon, { frame: 'subscribe' }>, caller: Caller): void {
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
    const { runs, events } = this.#services
    const services = { runs, events, caller, texts: this.#identity.texts, sender: this.#sender }
    runSubscription(frame, services, controller.signal)
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
    this.#answer(id === undefined ? frame : { ...frame, id })
  }

  #answer(frame: DaemonToOperator): void {
    this.#sender.send(frame).catch(() => undefined)
  }
}
