/** What a prober asks of a device: the parts of it that were read. */
export interface DeviceBytes {
  readonly sizeBytes: number
  /** `length` bytes at `offset`; undefined where they were not read or lie outside the device. */
  at(offset: number, length: number): Uint8Array | undefined
}

/** How much of a device's start and end holds every signature that is looked for. */
export const headWindowBytes = 2 * 1024 * 1024 + 4096
export const tailWindowBytes = 1024 * 1024

/** A device of which only the first and the last bytes are at hand. */
export class DeviceEnds implements DeviceBytes {
  readonly sizeBytes: number
  readonly #head: Uint8Array
  readonly #tail: Uint8Array

  /** @param tail the last bytes of the device; empty when `head` is all of it */
  constructor(sizeBytes: number, head: Uint8Array, tail: Uint8Array) {
    this.sizeBytes = sizeBytes
    this.#head = head
    this.#tail = tail
  }

  at(offset: number, length: number): Uint8Array | undefined {
    if (!Number.isSafeInteger(offset) || offset < 0 || length < 0) return undefined
    if (offset + length <= this.#head.length) return this.#head.subarray(offset, offset + length)
    const start = offset - (this.sizeBytes - this.#tail.length)
    if (start < 0 || start + length > this.#tail.length) return undefined
    return this.#tail.subarray(start, start + length)
  }
}

/** Little-endian unless told otherwise; 0 past the end. At most 6 bytes, so that the number is exact. */
export function unsigned(
  bytes: Uint8Array,
  offset: number,
  length: 1 | 2 | 4 | 6,
  order: 'little' | 'big' = 'little',
): number {
  let value = 0
  for (let index = 0; index < length; index++) {
    const place = order === 'big' ? offset + index : offset + length - 1 - index
    value = value * 256 + (bytes[place] ?? 0)
  }
  return value
}
