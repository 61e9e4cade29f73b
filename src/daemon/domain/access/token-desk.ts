import type { Clock } from '../../../base/clock.ts'
import type { CreatedToken, NewToken, TokenFacts } from '../../../contract/access.ts'
import type { NewEvent } from '../../../contract/event.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import { machineMatcher } from '../selection/machine-matcher.ts'
import { type AccessToken, readTokenText, tokenText, type TokenStore } from './access-token.ts'
import type { Caller } from './caller.ts'
import { TokenExistsError, TokenNotFoundError } from './errors.ts'

export interface TokenDeskOptions {
  readonly store: TokenStore
  readonly secrets: Secrets
  readonly clock: Clock
}

interface KnownToken {
  readonly token: AccessToken
  readonly caller: Caller
  /** Monotonic, so that a clock that is set neither ends a token nor revives it. */
  readonly deadlineMs: number
}

/** Bearer tokens: made, listed, revoked, recognised. A revoked one is refused from that moment on. */
export class TokenDesk {
  readonly #options: TokenDeskOptions
  readonly #known = new Map<string, KnownToken>()
  #tail: Promise<unknown> = Promise.resolve()

  /** @param kept what the store has */
  constructor(options: TokenDeskOptions, kept: readonly AccessToken[]) {
    this.#options = options
    for (const token of kept) this.#remember(token)
  }

  static async load(options: TokenDeskOptions): Promise<TokenDesk> {
    return new TokenDesk(options, await options.store.readTokens())
  }

  /** Oldest first, the expired ones too. */
  listTokens(): readonly TokenFacts[] {
    return [...this.#known.values()].map(({ token }) => factsOf(token))
  }

  /**
   * @throws {TokenExistsError} when the name is taken
   * @throws {SelectorInvalidError} when the selector is none
   */
  createToken(request: NewToken, principal: string): Promise<CreatedToken> {
    return this.#exclusively(async () => {
      const { secrets, clock, store } = this.#options
      const { name, role, selector, validSeconds } = request
      const isTaken = this.listTokens().some((token) => token.name === name)
      if (isTaken) throw new TokenExistsError(name)
      if (selector !== undefined) machineMatcher(selector)
      const createdAtMs = clock.nowMs()
      const secret = secrets.newSecret()
      const token: AccessToken = {
        id: secrets.newId().replaceAll('-', '').slice(0, 12),
        ...{ name, role, createdAtMs, createdBy: principal },
        ...(selector === undefined ? {} : { selector }),
        ...(validSeconds === undefined ? {} : { expiresAtMs: createdAtMs + validSeconds * 1000 }),
        secretHash: secrets.hashOf(secret),
      }
      await store.addToken(token, this.#event('token-created', token, principal))
      this.#remember(token)
      return { ...factsOf(token), token: tokenText(token.id, secret) }
    })
  }

  /** @throws {TokenNotFoundError} when none has that name or id */
  revokeToken(reference: string, principal: string): Promise<TokenFacts> {
    return this.#exclusively(async () => {
      const found = [...this.#known.values()].find(
        ({ token }) => token.name === reference || token.id === reference,
      )
      if (found === undefined) throw new TokenNotFoundError(reference)
      const { token } = found
      // Forgotten first: whatever becomes of the disk, nobody gets in with it any more.
      this.#known.delete(token.id)
      try {
        await this.#options.store.removeToken(
          token.id,
          this.#event('token-revoked', token, principal),
        )
      } catch (error) {
        this.#known.set(token.id, found)
        throw error
      }
      return factsOf(token)
    })
  }

  /** Whom the text proves to be; undefined for what is wrong, revoked or expired. */
  authenticate(text: string): Caller | undefined {
    const halves = readTokenText(text)
    if (halves === undefined) return undefined
    const known = this.#known.get(halves.id)
    const { secrets } = this.#options
    // An unknown id costs as much time as a known one.
    const secretHash = known?.token.secretHash ?? ''
    if (!secrets.isSame(secrets.hashOf(halves.secret), secretHash)) return undefined
    return this.isValid(halves.id) ? known?.caller : undefined
  }

  /** Whether the token may still be used. */
  isValid(id: string): boolean {
    const known = this.#known.get(id)
    return known !== undefined && this.#options.clock.monotonicMs() < known.deadlineMs
  }

  #remember(token: AccessToken): void {
    const { clock } = this.#options
    const { id, name, role, selector, expiresAtMs = Infinity } = token
    const caller: Caller = {
      principal: `operator:${name}`,
      role,
      tokenId: id,
      ...(selector === undefined ? {} : { covers: machineMatcher(selector) }),
    }
    const deadlineMs = clock.monotonicMs() + (expiresAtMs - clock.nowMs())
    this.#known.set(id, { token, caller, deadlineMs })
  }

  #event(action: string, { id, name, role, selector }: AccessToken, principal: string): NewEvent {
    const timeMs = this.#options.clock.nowMs()
    const body = { name, role, ...(selector === undefined ? {} : { selector }) }
    return { timeMs, type: 'access', action, key: id, principal, body }
  }

  #exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(work)
    this.#tail = result.catch(() => undefined)
    return result
  }
}

function factsOf({ secretHash: _secretHash, ...facts }: AccessToken): TokenFacts {
  return facts
}
