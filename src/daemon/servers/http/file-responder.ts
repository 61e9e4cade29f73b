import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

import { inertText } from '../../../base/ascii.ts'
import type { Clock } from '../../../base/clock.ts'
import { messageOf } from '../../../base/coded-error.ts'
import { readIpv4Address, unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import type { Logger } from '../../../base/logger.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import type { BootFile, BootFileRequest, BootFileRoute } from '../boot-files/boot-file.ts'
import { progressNews } from '../boot-files/progress-news.ts'
import { createRateGate } from '../boot-files/rate-gate.ts'
import { resolveFromChain } from '../boot-files/resolve-from-chain.ts'
import { BufferPool } from './buffer-pool.ts'
import { type KernelCalls, KernelSender } from './kernel-sender.ts'
import { planResponse } from './plan-response.ts'
import { nothingServedHere, refusalOf, sendRefusal } from './refusal.ts'
import { readRequestTarget } from './request-target.ts'
import { type BodySender, type SentBody, sendBody } from './send-body.ts'

export interface FileResponderOptions {
  readonly routes: readonly BootFileRoute[]
  readonly events: EventSink
  readonly logger: Logger
  readonly clock: Clock
  /** Lets files of the store go out without a copy; without it they go through memory. */
  readonly kernel?: KernelCalls | undefined
}

/** Answers GET and HEAD from the chain of boot file routes, on Node's own response. */
export class FileResponder {
  readonly #options: FileResponderOptions
  readonly #sender: BodySender
  readonly #counters = new Map<string, number>()
  readonly #reports
  readonly #missLines

  constructor(options: FileResponderOptions) {
    this.#options = options
    const { kernel } = options
    this.#sender = {
      pool: new BufferPool(),
      kernel: kernel === undefined ? undefined : new KernelSender(kernel),
    }
    this.#reports = createRateGate(options.clock, { burst: 3, perSecond: 0.2 })
    this.#missLines = createRateGate(options.clock, { burst: 1, perSecond: 0.1 })
  }

  counters(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counters)
  }

  /** Never rejects: whatever goes wrong ends this response alone. */
  async respond(message: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#count('http.requests')
    // A client that leaves is no fault; without a listener Node would take it for one of ours.
    response.on('error', () => this.#count('http.aborted'))
    const { path, query } = readRequestTarget(message.url ?? '/')
    const request: BootFileRequest = {
      path: path ?? '',
      query,
      clientAddress: clientAddressOf(message.socket),
      transport: 'http',
      probe: message.method === 'HEAD',
    }
    try {
      const file = path === undefined ? undefined : await this.#resolve(request)
      if (file === undefined) return this.#reportMiss(message, request, response)
      await this.#send(request, message, response, file)
    } catch (error) {
      this.#fail(error, request, response)
    }
  }

  #resolve(request: BootFileRequest): Promise<BootFile | undefined> {
    return resolveFromChain(this.#options.routes, request)
  }

  async #send(
    request: BootFileRequest,
    { headers }: IncomingMessage,
    response: ServerResponse,
    file: BootFile,
  ): Promise<void> {
    const startedMs = this.#options.clock.monotonicMs()
    try {
      const plan = planResponse(request.probe ? 'HEAD' : 'GET', headers, file)
      response.statusCode = plan.statusCode
      for (const [name, value] of Object.entries(plan.headers)) response.setHeader(name, value)
      const sent =
        plan.body === undefined
          ? { sentBytes: 0, isComplete: true }
          : await sendBody(response, file, plan.body, this.#sender, this.#progressOf(request, file))
      if (sent.isComplete) response.end()
      else response.destroy()
      this.#count('http.bytes', sent.sentBytes)
      this.#report(request, plan.statusCode, sent, {
        sizeBytes: file.sizeBytes,
        durationMs: Math.round(this.#options.clock.monotonicMs() - startedMs),
      })
    } finally {
      await file.close()
    }
  }

  /** Says of a download that takes long how far it is. */
  #progressOf(
    { path, clientAddress }: BootFileRequest,
    { sizeBytes }: BootFile,
  ): (sentBytes: number) => void {
    if (path.startsWith('images/')) return () => {}
    const { clock, events } = this.#options
    return progressNews(clock, sizeBytes, (news) =>
      events.record({
        timeMs: clock.nowMs(),
        type: 'http',
        action: 'progress',
        key: clientAddress,
        principal: 'daemon',
        body: { path, clientAddress, ...news },
      }),
    )
  }

  /** An image goes out in thousands of ranges, of which its agent reports; everything else is an event. */
  #report(
    { path, clientAddress, probe }: BootFileRequest,
    statusCode: number,
    { sentBytes, isComplete }: SentBody,
    facts: Readonly<Record<string, number>>,
  ): void {
    const action = isComplete ? 'sent' : 'failed'
    this.#count(`http.${action}`)
    const isWorthTelling = !probe && statusCode < 300 && !path.startsWith('images/')
    if (!isWorthTelling || this.#reports.admit(`${clientAddress} ${path}`) === undefined) return
    this.#options.events.record({
      timeMs: this.#options.clock.nowMs(),
      type: 'http',
      action,
      key: clientAddress,
      principal: 'daemon',
      body: {
        path,
        clientAddress,
        statusCode,
        sentBytes,
        ...facts,
        ...(isComplete ? {} : { reason: 'the client closed the connection' }),
      },
    })
  }

  #reportMiss(message: IncomingMessage, request: BootFileRequest, response: ServerResponse): void {
    this.#count('http.not-found')
    sendRefusal(response, nothingServedHere)
    const { clientAddress } = request
    const heldBack = this.#missLines.admit(clientAddress)
    if (heldBack === undefined) return
    const facts = { clientAddress, target: inertText(message.url ?? '', 120), heldBack }
    this.#options.logger.info(facts, 'a client asked for what is not served')
  }

  /**
   * A fault before the first byte is an answer; after it the connection is reset, because a body that
   * ends early must not look like a whole one.
   */
  #fail(error: unknown, request: BootFileRequest, response: ServerResponse): void {
    const refusal = refusalOf(error)
    if (refusal.status >= 500) {
      this.#count('http.broken')
      const facts = { path: request.path, clientAddress: request.clientAddress }
      this.#options.logger.error({ ...facts, error: messageOf(error) }, 'a boot file failed')
    } else {
      this.#count('http.refused')
    }
    if (response.headersSent) response.socket?.resetAndDestroy()
    else sendRefusal(response, refusal)
  }

  #count(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by)
  }
}

/** An IPv4 address in IPv6's clothes is unwrapped; machines are reached over IPv4 alone. */
function clientAddressOf(socket: Socket) {
  return readIpv4Address(socket.remoteAddress?.replace(/^::ffff:/, '') ?? '') ?? unspecifiedIpv4
}
