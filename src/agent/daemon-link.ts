import { type RawData, WebSocket } from 'ws'

import { inertText } from '../base/ascii.ts'
import { messageOf } from '../base/coded-error.ts'
import {
  agentProtocolVersion,
  type AgentToDaemon,
  type DaemonToAgent,
  daemonToAgentSchema,
  staleTokenCodes,
  type TaskResult,
} from '../contract/agent-frames.ts'
import type { Inventory } from '../contract/machine.ts'
import type { AgentKey } from './agent-key.ts'
import {
  type DaemonAddress,
  type DaemonUntrustedError,
  readTrustFailure,
  tlsTrust,
} from './daemon-trust.ts'
import { ResultSpool } from './result-spool.ts'

export type DaemonFrame<Name extends DaemonToAgent['frame']> = Extract<
  DaemonToAgent,
  { frame: Name }
>

export interface LinkListener {
  readonly onWelcome: (frame: DaemonFrame<'welcome'>) => void
  readonly onTask: (frame: DaemonFrame<'task'>) => void
  readonly onCancel: (attemptId: string) => void
  readonly onIdle: (waitingFor: string) => void
  /**
   * The token is no longer good, or the daemon does not prove to be the one of this boot, and that has been
   * so for a while: boot again.
   */
  readonly onStaleBoot: () => void
  /** One line on how the connection is: for the console. */
  readonly onState: (state: string) => void
}

export interface DaemonLinkOptions extends DaemonAddress {
  readonly token: string
  readonly key: AgentKey
  readonly agentVersion: string
  readonly takeInventory: () => Inventory
  readonly uptimeMs: () => number
  readonly listener: LinkListener
  readonly timing?: Partial<LinkTiming>
  /** To speak from. Default: as the kernel chooses. */
  readonly localAddress?: string | undefined
}

/** Milliseconds. */
export interface LinkTiming {
  readonly shortestWaitMs: number
  readonly longestWaitMs: number
  readonly pingEveryMs: number
  /** Without any sign of the daemon for so long the connection is given up. */
  readonly silenceMs: number
  readonly repeatResultsEveryMs: number
  /** From the first refusal to {@link LinkListener.onStaleBoot}. */
  readonly staleAfterMs: number
}

const usualTiming: LinkTiming = {
  shortestWaitMs: 200,
  longestWaitMs: 5_000,
  pingEveryMs: 10_000,
  silenceMs: 35_000,
  repeatResultsEveryMs: 5_000,
  staleAfterMs: 30_000,
}

/** The daemon speaks TLS now, and this machine booted before it did (RFC 9110 §15.5.22). */
const upgradeRequired = 426

/** How the kernel says that the machine has no network yet: asked again at once, no daemon is burdened. */
const noNetworkYet = ['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'ENETDOWN']

/**
 * The agent's connection to its daemon, made again for ever whenever it breaks. Results are repeated
 * until they are acknowledged; everything else is lost while there is no connection.
 */
export class DaemonLink implements Disposable {
  readonly #options: DaemonLinkOptions
  readonly #timing: LinkTiming
  readonly #spool: ResultSpool
  #socket: WebSocket | undefined
  #joined = false
  #closed = false
  #waitMs: number
  #retryTimer: NodeJS.Timeout | undefined
  #staleTimer: NodeJS.Timeout | undefined
  #lastError = ''

  constructor(options: DaemonLinkOptions) {
    this.#options = options
    this.#timing = { ...usualTiming, ...options.timing }
    this.#waitMs = this.#timing.shortestWaitMs
    this.#spool = new ResultSpool(this.#timing.repeatResultsEveryMs, (result) => {
      this.send(result)
    })
  }

  /** Begins to connect. What happens is told to the listener. */
  open(): void {
    if (this.#closed) return
    const { daemonUrl, listener, localAddress } = this.#options
    const url = `${daemonUrl.replace(/^http/, 'ws')}/agent/v1/ws`
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: 1024 * 1024,
      handshakeTimeout: 10_000,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(url.startsWith('wss:') ? tlsTrust(this.#options) : {}),
    })
    this.#socket = socket
    this.#watch(socket)
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#lastError === '') this.#lastError = error.code ?? messageOf(error)
      const untrusted = readTrustFailure(daemonUrl, error)
      if (untrusted !== undefined) this.#distrust(untrusted)
    })
    socket.on('unexpected-response', (_request, response) => {
      this.#lastError = `answered ${response.statusCode}`
      if (response.statusCode === upgradeRequired) this.#beStale()
      socket.terminate()
    })
    socket.on('close', () => {
      if (this.#joined) listener.onState('connection to the daemon lost')
      this.#joined = false
      this.#retryLater()
    })
  }

  /** @returns false when there is no connection; the frame is then lost */
  send(frame: AgentToDaemon): boolean {
    if (!this.#joined || this.#socket?.readyState !== WebSocket.OPEN) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  /** Resolves when the daemon has acknowledged the result, however often it must be told. */
  deliver(result: TaskResult): Promise<void> {
    return this.#spool.deliver(result)
  }

  [Symbol.dispose](): void {
    this.#closed = true
    clearTimeout(this.#retryTimer)
    clearTimeout(this.#staleTimer)
    this.#spool[Symbol.dispose]()
    this.#socket?.terminate()
  }

  #retryLater(): void {
    if (this.#closed) return
    const { shortestWaitMs, longestWaitMs } = this.#timing
    const unreachable = noNetworkYet.includes(this.#lastError)
    const state = unreachable ? 'waiting for the network' : `daemon not reached: ${this.#lastError}`
    if (this.#lastError !== '') this.#options.listener.onState(state)
    this.#retryTimer = setTimeout(() => this.open(), unreachable ? shortestWaitMs : this.#waitMs)
    this.#waitMs = Math.min(this.#waitMs * 2, longestWaitMs)
    this.#lastError = ''
  }

  /** Pings, and ends a connection whose other end has fallen silent. */
  #watch(socket: WebSocket): void {
    const { pingEveryMs, silenceMs } = this.#timing
    let heardAtMs = performance.now()
    const heard = () => {
      heardAtMs = performance.now()
    }
    for (const sign of ['open', 'message', 'ping', 'pong'] as const) socket.on(sign, heard)
    const timer = setInterval(() => {
      if (performance.now() - heardAtMs > silenceMs) socket.terminate()
      else if (socket.readyState === WebSocket.OPEN) socket.ping()
    }, pingEveryMs)
    socket.on('close', () => clearInterval(timer))
  }

  #receive(data: RawData, isBinary: boolean): void {
    const frame = isBinary ? undefined : readDaemonFrame(data)
    if (frame === undefined) {
      this.#options.listener.onState('the daemon sent a frame that this agent does not know')
      this.#socket?.terminate()
      return
    }
    this.#handle(frame)
  }

  #handle(frame: DaemonToAgent): void {
    const { listener } = this.#options
    switch (frame.frame) {
      case 'challenge':
        return this.#sayHello(frame.challenge)
      case 'welcome':
        this.#joined = true
        this.#waitMs = this.#timing.shortestWaitMs
        clearTimeout(this.#staleTimer)
        this.#staleTimer = undefined
        listener.onWelcome(frame)
        return this.#spool.repeat()
      case 'refused':
        this.#waitMs = this.#timing.longestWaitMs
        listener.onState(`refused: ${inertText(`${frame.code} ${frame.message}`)}`)
        this.#socket?.close()
        if (staleTokenCodes.includes(frame.code)) this.#beStale()
        return
      case 'task':
        return listener.onTask(frame)
      case 'result-ack':
        return this.#spool.acknowledge(frame.attemptId)
      case 'cancel':
        return listener.onCancel(frame.attemptId)
      case 'idle':
        return listener.onIdle(inertText(frame.waitingFor))
    }
  }

  #distrust({ code, message, remedy }: DaemonUntrustedError): void {
    this.#waitMs = this.#timing.longestWaitMs
    this.#lastError = `${code} ${message}; ${remedy}`
    this.#beStale()
  }

  #beStale(): void {
    const { listener } = this.#options
    this.#staleTimer ??= setTimeout(listener.onStaleBoot, this.#timing.staleAfterMs)
  }

  #sayHello(challenge: string): void {
    const { token, key, agentVersion, takeInventory, uptimeMs } = this.#options
    const hello: AgentToDaemon = {
      frame: 'hello',
      protocol: agentProtocolVersion,
      token,
      publicKey: key.publicKeyBase64,
      signature: key.sign(`${challenge}.${token}`),
      agentVersion,
      inventory: takeInventory(),
      uptimeMs: uptimeMs(),
    }
    this.#socket?.send(JSON.stringify(hello))
  }
}

function readDaemonFrame(data: RawData): DaemonToAgent | undefined {
  try {
    // Fragments come as one Buffer while the socket's binaryType is the default.
    return daemonToAgentSchema.parse(JSON.parse((data as Buffer).toString('utf8')))
  } catch {
    return undefined
  }
}
