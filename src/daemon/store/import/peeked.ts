/** An iterable whose first bytes can be looked at before it is read. */
export class Peeked implements AsyncIterable<Uint8Array> {
  readonly #rest: AsyncIterator<Uint8Array>
  #seen: Uint8Array[] = []

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#rest = source[Symbol.asyncIterator]()
  }

  /** At least `length` bytes, fewer only when there are no more. */
  async peek(length: number): Promise<Uint8Array> {
    let seenBytes = this.#seen.reduce((sum, part) => sum + part.length, 0)
    while (seenBytes < length) {
      const next = await this.#rest.next()
      if (next.done === true) break
      this.#seen.push(next.value)
      seenBytes += next.value.length
    }
    const [first] = this.#seen
    return first !== undefined && this.#seen.length === 1 ? first : Buffer.concat(this.#seen)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (let part = this.#seen.shift(); part !== undefined; part = this.#seen.shift()) yield part
      yield* { [Symbol.asyncIterator]: () => this.#rest }
    } finally {
      await this.#rest.return?.()
    }
  }
}
