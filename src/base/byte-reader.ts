/** Reads big-endian values one after the other; `undefined` past the end, never a throw, never past the end. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #offset: number

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes
    this.#offset = offset
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  uint8(): number | undefined {
    return this.#bytes[this.#offset++]
  }

  uint16(): number | undefined {
    const bytes = this.bytes(2)
    return bytes === undefined ? undefined : ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)
  }

  uint32(): number | undefined {
    const bytes = this.bytes(4)
    return bytes?.reduce((number, byte) => number * 256 + byte, 0)
  }

  /** A view (not a copy) of the next `length` bytes; undefined, and nothing consumed, when there are fewer. */
  bytes(length: number): Uint8Array | undefined {
    if (length > this.remaining) return undefined
    const view = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return view
  }

  /** Bytes up to a NUL, which is consumed; undefined when no NUL follows. */
  untilNul(): Uint8Array | undefined {
    const end = this.#bytes.indexOf(0, this.#offset)
    if (end === -1) return undefined
    const view = this.#bytes.subarray(this.#offset, end)
    this.#offset = end + 1
    return view
  }
}
