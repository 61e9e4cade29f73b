import type { RawData, WebSocket } from 'ws'
import { z } from 'zod'

import { inertText } from '../../../base/ascii.ts'
import type { Logger } from '../../../base/logger.ts'
import {
  agentProtocolVersion,
  type AgentToDaemon,
  agentToDaemonSchema,
  type DaemonToAgent,
} from '../../../contract/agent-frames.ts'
import type { Secrets } from '../../domain/bootenv/secrets.ts'
import type { AgentDesk, AgentLink, AgentSession } from '../../domain/machine/agent-desk.ts'
import type { RefusalCounter } from '../requests/refusal-counter.ts'
import { remoteIpv4Address } from './phone-home.ts'

/** Milliseconds. */
export interface AgentSocketTimings {
  /** From the challenge to the agent's hello. */
  readonly helloMs: number
  /** Without any sign of the agent for so long it is asked for one. */
  readonly pingMs: number
  /** Without any sign of the agent for so long the connection is cut. */
  readonly silenceMs: number
}

export interface AgentConnectionOptions {
  readonly desk: AgentDesk
  readonly secrets: Secrets
  readonly logger: Logger
  readonly timings: AgentSocketTimings
  readonly refusals: RefusalCounter
  readonly remoteAddress: string | undefined
}

type Hello = Extract<AgentToDaemon, { frame: 'hello' }>

/** How long {@link AgentLink.isAlive} waits for an answer. */
const probeMs = 3000
/** Frames that wait for the one before them; beyond, the socket is not read from. */
const maximumWaiting = 64
/** An agent that does not read what it is sent. */
const maximumUnsentBytes = 4 * 1024 * 1024

/** One websocket of an agent: challenge, hello, then frames in their order until it closes. */
export class AgentConnection implements AgentLink {
  readonly #socket: WebSocket
  readonly #options: AgentConnectionOptions
  readonly #challenge: string
  readonly #onSign = new Set<() => void>()
  #session: AgentSession | undefined
  #hasSaidHello = false
  #heardAtMs = performance.now()
  #tail: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor(socket: WebSocket, options: AgentConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#challenge = options.secrets.newSecret()
  }

  open(): void {
    const socket = this.#socket
    const { timings } = this.#options
    const helloTimer = setTimeout(() => {
      if (!this.#hasSaidHello) socket.close(1008, 'no hello came')
    }, timings.helloMs)
    const pingTimer = setInterval(() => this.#ping(), timings.pingMs)
    socket.on('ping', () => this.#heard())
    socket.on('pong', () => this.#heard())
    socket.on('message', (data, isBinary) => {
      this.#heard()
      this.#queue(() => this.#receive(data, isBinary))
    })
    socket.on('close', () => {
      clearTimeout(helloTimer)
      clearInterval(pingTimer)
      this.#queue(async () => this.#session?.closed())
    })
    this.send({ frame: 'challenge', protocol: agentProtocolVersion, challenge: this.#challenge })
  }

  send(frame: DaemonToAgent): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    if (this.#socket.bufferedAmount > maximumUnsentBytes) this.#socket.terminate()
    else this.#socket.send(JSON.stringify(frame))
  }

  close(): void {
    this.#socket.close(1000)
  }

  isAlive(): Promise<boolean> {
    if (this.#socket.readyState !== this.#socket.OPEN) return Promise.resolve(false)
    return new Promise((resolve) => {
      const settle = (isAlive: boolean) => {
        clearTimeout(timer)
        this.#onSign.delete(sign)
        this.#socket.off('close', gone)
        resolve(isAlive)
      }
      const sign = () => settle(true)
      const gone = () => settle(false)
      const timer = setTimeout(gone, probeMs)
      this.#onSign.add(sign)
      this.#socket.once('close', gone)
      this.#socket.ping()
    })
  }

  /** An agent asks by itself as often as we do: then nothing more is said. */
  #ping(): void {
    const { pingMs, silenceMs } = this.#options.timings
    const silentMs = performance.now() - this.#heardAtMs
    if (silentMs >= silenceMs) this.#socket.terminate()
    else if (silentMs >= pingMs && this.#socket.readyState === this.#socket.OPEN) {
      this.#socket.ping()
    }
  }

  #heard(): void {
    this.#heardAtMs = performance.now()
    for (const sign of this.#onSign) sign()
  }

  /** One frame at a time, in order; the socket rests while too many wait. */
  #queue(work: () => Promise<void>): void {
    this.#waiting++
    if (this.#waiting > maximumWaiting) this.#socket.pause()
    this.#tail = this.#tail.then(work).then(
      () => this.#done(),
      (error: unknown) => {
        this.#options.logger.error({ err: error }, 'a frame of an agent could not be taken')
        this.#done()
        // It repeats what was not acknowledged once it is back.
        this.#socket.close(1011, 'try again')
      },
    )
  }

  #done(): void {
    this.#waiting--
    if (this.#waiting <= maximumWaiting && this.#socket.isPaused) this.#socket.resume()
  }

  async #receive(data: RawData, isBinary: boolean): Promise<void> {
    const read = isBinary ? 'not text' : readFrame(data)
    if (typeof read === 'string') return this.#refuseFrame(read)
    if (read.frame === 'hello') return this.#takeHello(read)
    if (this.#session === undefined) return this.#refuse('ERR_HELLO_MISSING', 'say hello first')
    return this.#session.receive(read)
  }

  /** Before the hello it ends the connection; later the frame is dropped, and the log says why. */
  #refuseFrame(reason: string): void {
    const facts = { reason: inertText(reason, 500), address: this.#options.remoteAddress }
    this.#options.logger.warn(facts, 'an agent sent a frame that does not fit the protocol')
    if (this.#session === undefined) {
      this.#refuse('ERR_FRAME_INVALID', 'this daemon does not speak that protocol')
    }
  }

  async #takeHello(hello: Hello): Promise<void> {
    if (this.#hasSaidHello) return this.#refuse('ERR_HELLO_REPEATED', 'one hello a connection')
    this.#hasSaidHello = true
    const { refusals, secrets, desk, remoteAddress = '' } = this.#options
    const { frame: _frame, protocol: _protocol, signature, ...facts } = hello
    if (refusals.isOverLimit(remoteAddress)) {
      return this.#refuse('ERR_TOO_MANY_TRIES', 'too many refusals; wait')
    }
    if (!secrets.isSignedBy(hello.publicKey, `${this.#challenge}.${hello.token}`, signature)) {
      refusals.add(remoteAddress)
      return this.#refuse('ERR_SIGNATURE_INVALID', 'the hello is not signed with its key')
    }
    const address = remoteIpv4Address(remoteAddress)
    const answer = await desk.join(
      { ...facts, ...(address === undefined ? {} : { address }) },
      this,
    )
    if (answer.kind === 'joined') {
      this.#session = answer.session
      return
    }
    refusals.add(remoteAddress)
    this.#refuse(answer.code, answer.message)
  }

  #refuse(code: string, message: string): void {
    this.send({ frame: 'refused', code, message })
    this.#socket.close(1008, code)
  }
}

/** The frame, or why it is none. */
function readFrame(data: RawData): AgentToDaemon | string {
  const text = Array.isArray(data)
    ? Buffer.concat(data).toString()
    : Buffer.from(data as Buffer).toString()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'not JSON'
  }
  const read = agentToDaemonSchema.safeParse(value)
  return read.success ? read.data : z.prettifyError(read.error)
}
