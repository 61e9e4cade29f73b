import type { Clock } from '../../../base/clock.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import type { Caller } from './caller.ts'

export interface WebSessionsOptions {
  readonly secrets: Secrets
  readonly clock: Clock
  /** Whether the token that a session was made with is still good. */
  readonly isValid: (tokenId: string) => boolean
}

interface Grant {
  readonly caller: Caller
  readonly deadlineMs: number
}

/** How long each is good for, in milliseconds. */
const lifetimes = { login: 120_000, session: 12 * 3_600_000, ticket: 30_000 } as const
/** Of each kind; the oldest goes first. A person opens a handful. */
const most = 1000

/**
 * Browsers that look on. A link that is good once becomes a session, which a cookie holds; a session gives
 * tickets, good once, with which its page opens the websocket: no cookie alone ever does. All in memory: a
 * restart of the daemon ends them. Whatever role made the link, a browser is a viewer.
 */
export class WebSessions {
  readonly #options: WebSessionsOptions
  readonly #grants = {
    login: new Map<string, Grant>(),
    session: new Map<string, Grant>(),
    ticket: new Map<string, Grant>(),
  }

  constructor(options: WebSessionsOptions) {
    this.#options = options
  }

  /** The word of a link that is good once, for two minutes. */
  openLogin({ principal, tokenId, covers }: Caller): string {
    return this.#grant('login', {
      ...{ principal: `${principal} (web)`, role: 'viewer' },
      ...(tokenId === undefined ? {} : { tokenId }),
      ...(covers === undefined ? {} : { covers }),
    })
  }

  /** The secret of a new session; undefined for a word that is wrong, spent or too old. */
  redeemLogin(word: string): string | undefined {
    const caller = this.#take('login', word)
    return caller && this.#grant('session', caller)
  }

  /** Who looks on; undefined when the session is none of ours or over. */
  callerOf(session: string): Caller | undefined {
    return this.#find('session', session)
  }

  /** A ticket for the websocket, good once. */
  newTicket(caller: Caller): string {
    return this.#grant('ticket', caller)
  }

  redeemTicket(ticket: string): Caller | undefined {
    return this.#take('ticket', ticket)
  }

  #grant(kind: keyof typeof lifetimes, caller: Caller): string {
    const { secrets, clock } = this.#options
    const secret = secrets.newSecret()
    const grants = this.#grants[kind]
    const [oldest] = grants.keys()
    if (grants.size >= most && oldest !== undefined) grants.delete(oldest)
    // Kept as hashes: finding one takes no time that tells of its letters.
    const deadlineMs = clock.monotonicMs() + lifetimes[kind]
    grants.set(secrets.hashOf(secret), { caller, deadlineMs })
    return secret
  }

  #take(kind: keyof typeof lifetimes, secret: string): Caller | undefined {
    const caller = this.#find(kind, secret)
    this.#grants[kind].delete(this.#options.secrets.hashOf(secret))
    return caller
  }

  #find(kind: keyof typeof lifetimes, secret: string): Caller | undefined {
    const { secrets, clock, isValid } = this.#options
    const grant = this.#grants[kind].get(secrets.hashOf(secret))
    if (grant === undefined || clock.monotonicMs() >= grant.deadlineMs) return undefined
    const { tokenId } = grant.caller
    return tokenId === undefined || isValid(tokenId) ? grant.caller : undefined
  }
}
