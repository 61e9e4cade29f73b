/** How a boot into sledgehammer has ended. */
export type SledgehammerEnd = 'rebooted' | 'powered-off' | 'power-cut'

/** One boot into sledgehammer, from the start of its kernel until it restarts or loses its power. */
export class SledgehammerBoot implements Disposable {
  readonly #startedMs = performance.now()
  readonly #ended = Promise.withResolvers<SledgehammerEnd>()
  readonly #over = new AbortController()
  readonly #power: AbortSignal
  readonly #stop = () => {
    this.#ended.reject(this.#power.reason as Error)
    this.#over.abort(this.#power.reason)
  }

  /** @throws what the signal was aborted with: the machine is off */
  constructor(power: AbortSignal) {
    power.throwIfAborted()
    this.#power = power
    power.addEventListener('abort', this.#stop)
  }

  /** Aborted as soon as it is over. */
  get signal(): AbortSignal {
    return this.#over.signal
  }

  get uptimeMs(): number {
    return Math.round(performance.now() - this.#startedMs)
  }

  /** Rejects when the machine is switched off. */
  get ended(): Promise<SledgehammerEnd> {
    return this.#ended.promise
  }

  end(how: SledgehammerEnd): void {
    this.#ended.resolve(how)
    this.#over.abort(new Error('this boot is over'))
  }

  /** For whoever must not go on behind it. Never resolves. */
  endAs(how: SledgehammerEnd): Promise<never> {
    this.end(how)
    return new Promise(() => undefined)
  }

  [Symbol.dispose](): void {
    this.#power.removeEventListener('abort', this.#stop)
  }
}
