/** When a server is given up. */
export interface FetchLimits {
  /** For connection and head of the answer. */
  readonly headMs: number
  /** Without a single byte, the connection counts as broken. */
  readonly idleMs: number
  /** A server that gives fewer than {@link leastBytes} in this time of waiting is given up for good. */
  readonly paceMs: number
  readonly leastBytes: number
  /** Everything together. */
  readonly totalMs: number
  /** Broken connections in a row without a byte between them. */
  readonly attempts: number
  /** Before the second attempt; doubled each time. */
  readonly backoffMs: number
}

export const fetchLimits: FetchLimits = {
  headMs: 30_000,
  idleMs: 30_000,
  paceMs: 60_000,
  leastBytes: 1_048_576,
  totalMs: 12 * 3_600_000,
  attempts: 5,
  backoffMs: 500,
}
