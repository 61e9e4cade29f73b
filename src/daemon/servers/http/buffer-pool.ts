import { KIBIBYTE, MEBIBYTE } from '../../../base/byte-size.ts'

/** Memory for one read; given back when the socket has taken its bytes. */
export interface PooledBuffer {
  readonly bytes: Buffer
  /** Puts the memory back; once, and only when nobody reads from it any more. */
  release(): void
}

const largeBytes = MEBIBYTE
const smallBytes = 32 * KIBIBYTE

/**
 * Read buffers for many downloads at once. The first `largeCount` in use are 1 MiB, which is as fast
 * as a page cache gets; any further are 32 KiB, so that a crowd of slow readers, each of which sits on
 * one buffer, takes little.
 */
export class BufferPool {
  readonly #largeCount: number
  readonly #idle: Buffer[] = []
  #largeInUse = 0

  constructor(largeCount = 32) {
    this.#largeCount = largeCount
  }

  take(wantedBytes: number): PooledBuffer {
    if (wantedBytes <= smallBytes || this.#largeInUse >= this.#largeCount) {
      const bytes = Buffer.allocUnsafeSlow(Math.min(wantedBytes, smallBytes))
      return { bytes, release: () => {} }
    }
    const bytes = this.#idle.pop() ?? Buffer.allocUnsafeSlow(largeBytes)
    this.#largeInUse++
    return { bytes, release: () => this.#putBack(bytes) }
  }

  #putBack(bytes: Buffer): void {
    this.#largeInUse--
    this.#idle.push(bytes)
  }
}
