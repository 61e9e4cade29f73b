/** Where time comes from. The real one is `Date.now` and `performance.now`; tests hand in their own. */
export interface Clock {
  /** Wall-clock milliseconds since 1970, for people and records. May jump. */
  nowMs(): number
  /** Milliseconds that only ever grow, for time-outs and TTLs. */
  monotonicMs(): number
}
