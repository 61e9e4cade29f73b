import type { BootRecord } from './boot-record.ts'
import type { Secrets } from './secrets.ts'

/** How long a boot may take from its script to its agent. */
export const joinWindowMs = 15 * 60_000

export type JoinDecision =
  | { readonly kind: 'accepted'; readonly boot: BootRecord }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }

/**
 * Whether the agent that shows this boot's token may join. The first key that comes owns the token;
 * the same key may come back with it at any time, another never.
 */
export function decideJoin(
  boot: BootRecord | undefined,
  publicKey: string,
  isExpired: boolean,
  secrets: Pick<Secrets, 'isSame'>,
): JoinDecision {
  if (boot === undefined) {
    return refused('ERR_TOKEN_UNKNOWN', 'no boot was given this token')
  }
  if (boot.publicKey !== undefined) {
    return secrets.isSame(boot.publicKey, publicKey)
      ? { kind: 'accepted', boot }
      : refused('ERR_TOKEN_TAKEN', 'another agent has joined with this token')
  }
  if (isExpired) return refused('ERR_TOKEN_EXPIRED', 'the token is too old; boot again')
  return { kind: 'accepted', boot: { ...boot, publicKey } }
}

function refused(code: string, message: string): JoinDecision {
  return { kind: 'refused', code, message }
}
