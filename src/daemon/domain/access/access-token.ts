import type { TokenFacts } from '../../../contract/access.ts'
import type { NewEvent } from '../../../contract/event.ts'

/** A token as it is kept. */
export interface AccessToken extends TokenFacts {
  /** sha256 of the secret half, hex. */
  readonly secretHash: string
}

/** Where tokens are kept; each change is one transaction with its event. */
export interface TokenStore {
  readTokens(): Promise<readonly AccessToken[]>
  addToken(token: AccessToken, event: NewEvent): Promise<void>
  removeToken(id: string, event: NewEvent): Promise<void>
}

/** `repave_ID_SECRET`: the first half finds the token, the second proves it. */
export function tokenText(id: string, secret: string): string {
  return `repave_${id}_${secret}`
}

/** Both halves, or undefined for anything that is no token of ours. */
export function readTokenText(text: string): { id: string; secret: string } | undefined {
  const match = /^repave_([0-9a-f]{12})_([\w-]{43})$/.exec(text)
  return match === null ? undefined : { id: match[1] ?? '', secret: match[2] ?? '' }
}
