/** Cuts a stream of any pieces into the lengths that are asked for, holding one piece at a time. */
export class PieceReader {
  readonly #pieces: AsyncIterator<Uint8Array>
  #piece: Uint8Array = new Uint8Array(0)
  #offset = 0
  #isAtEnd = false
  #isCut = false

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#pieces = source[Symbol.asyncIterator]()
  }

  /** Bytes handed out so far. */
  get offset(): number {
    return this.#offset
  }

  /** The stream has ended, and every byte of it was handed out. */
  get isAtEnd(): boolean {
    return this.#isAtEnd && !this.#isCut
  }

  /** The stream ended within something that was asked for. */
  get isCut(): boolean {
    return this.#isCut
  }

  /** Undefined when the stream ends first. */
  async exactly(length: number): Promise<Uint8Array | undefined> {
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const part = await this.#next(length - filled)
      if (part === undefined) {
        this.#isCut = filled > 0
        return undefined
      }
      bytes.set(part, filled)
      filled += part.length
    }
    return bytes
  }

  /** The next `length` bytes as they come; fewer when the stream ends, which {@link isCut} then tells. */
  async *content(length: number): AsyncGenerator<Uint8Array> {
    let left = length
    while (left > 0) {
      const part = await this.#next(left)
      if (part === undefined) {
        this.#isCut = true
        return
      }
      left -= part.length
      yield part
    }
  }

  async #next(atMost: number): Promise<Uint8Array | undefined> {
    while (this.#piece.length === 0) {
      const { done, value } = await this.#pieces.next()
      if (done === true) {
        this.#isAtEnd = true
        return undefined
      }
      this.#piece = value
    }
    const part = this.#piece.subarray(0, atMost)
    this.#piece = this.#piece.subarray(part.length)
    this.#offset += part.length
    return part
  }
}
