/** The one way the domain waits. The real one is `setTimeout`; tests turn the hands themselves. */
export interface Timers {
  /** Calls back once after `delayMs` of monotonic time. Returns what ends the wait. */
  after(delayMs: number, callback: () => void): () => void
}
