import type { MacAddress } from '../../../base/mac-address.ts'

/** One boot script handed out, and the agent that may join with its token. */
export interface BootRecord {
  readonly id: string
  readonly machineId: string
  readonly macAddress: MacAddress
  /** sha256 of the token; absent when the script boots the local disk and carries none. */
  readonly tokenHash?: string
  readonly createdAtMs: number
  /** An agent that has not joined by then never may. */
  readonly expiresAtMs: number
  /** Raw ed25519 key of the one agent that joined, base64. */
  readonly publicKey?: string
}
