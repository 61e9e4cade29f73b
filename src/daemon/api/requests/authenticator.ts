import type { Clock } from '../../../base/clock.ts'
import type { Caller } from '../../domain/access/caller.ts'
import type { TokenDesk } from '../../domain/access/token-desk.ts'
import type { WebSessions } from '../../domain/access/web-sessions.ts'
import type { EventSink } from '../../domain/event/event-sink.ts'
import { TooManyRefusalsError, UnauthenticatedError } from './problem.ts'
import { RefusalCounter } from './refusal-counter.ts'

export interface AuthenticatorOptions {
  readonly tokens: Pick<TokenDesk, 'authenticate' | 'isValid'>
  /** Their tickets are as good as a token, once. */
  readonly webSessions: WebSessions
  readonly clock: Clock
  readonly events: EventSink
}

/** Longer ones are not even looked at. */
const longestToken = 128
/** Refusals of one address that become events; the rest is counted in the next of them. */
const eventIntervalMs = 10_000

/**
 * Tells who bears a token. An address that guessed too often is told to wait; whoever bears a right token
 * goes on undisturbed, from there too, since 256 random bits are not found by guessing.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions
  readonly #refusals: RefusalCounter
  readonly #lastEventMs = new Map<string, number>()

  constructor(options: AuthenticatorOptions) {
    this.#options = options
    this.#refusals = new RefusalCounter(options.clock)
  }

  isValid(tokenId: string): boolean {
    return this.#options.tokens.isValid(tokenId)
  }

  /** Who looks on with a browser's session; undefined when it is none of ours or over. */
  callerOfSession(session: string): Caller | undefined {
    return this.#options.webSessions.callerOf(session)
  }

  /**
   * @throws {TooManyRefusalsError} when the address guessed too often
   * @throws {UnauthenticatedError} when the token is none of ours, revoked or expired
   */
  authenticate(token: string, address: string): Caller {
    const { tokens, webSessions } = this.#options
    const caller =
      token.length > longestToken
        ? undefined
        : (tokens.authenticate(token) ?? webSessions.redeemTicket(token))
    if (caller !== undefined) return caller
    const isOverLimit = this.#refusals.isOverLimit(address)
    this.#refuse(address)
    if (isOverLimit) throw new TooManyRefusalsError()
    throw new UnauthenticatedError('this token is not known, not valid any more, or mistyped')
  }

  #refuse(address: string): void {
    this.#refusals.add(address)
    const { clock, events } = this.#options
    const nowMs = clock.monotonicMs()
    const lastMs = this.#lastEventMs.get(address)
    if (lastMs !== undefined && nowMs - lastMs < eventIntervalMs) return
    if (this.#lastEventMs.size > 1000) this.#lastEventMs.clear()
    this.#lastEventMs.set(address, nowMs)
    events.record({
      timeMs: clock.nowMs(),
      ...{ type: 'access', action: 'refused', key: address, principal: 'daemon' },
      body: { address, message: 'a request came with a wrong token' },
    })
  }
}
