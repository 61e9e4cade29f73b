import type { NbdDisk } from './nbd-server.ts'
import type { Random } from './seeded-random.ts'

export type DiskOperation = 'read' | 'write' | 'flush'

/** One request, before it is done. */
export interface DiskRequest {
  readonly operation: DiskOperation
  /** Counted from 1, all operations together. */
  readonly number: number
  /** How many of them wrote or flushed, this one included. */
  readonly changeNumber: number
  readonly offset: number
  readonly length: number
}

/** What a disk does wrong with one request. */
export type DiskFault =
  | { readonly kind: 'error' }
  /** Says that it has written, and has not. */
  | { readonly kind: 'drop' }
  /** One bit of what is written or read is another. */
  | { readonly kind: 'flip'; readonly bit: number }
  /** What should lie here lies elsewhere. */
  | { readonly kind: 'misplace'; readonly byBytes: number }
  /** Only the first half is written. */
  | { readonly kind: 'tear' }
  | { readonly kind: 'wait'; readonly until: Promise<void> }

export class PowerLostError extends Error {
  readonly errno = 5
}

/**
 * A disk with a write cache that forgets: what was written is read back at once, but only what was
 * flushed is sure to be there when the power comes back. Of the rest each sector is there or is not, and
 * in no order.
 */
export class VolatileDisk implements NbdDisk {
  readonly sectorBytes: number
  /** A write of zeros, which nobody has to send. */
  readonly zero: ((offset: number, length: number) => Promise<void>) | undefined
  /** Asked before every request is done. */
  onRequest: (request: DiskRequest) => DiskFault | undefined = () => undefined
  requestCount = 0
  changeCount = 0
  /** By the disk itself, or so it said. */
  zeroedBytes = 0
  readonly #medium: Buffer
  readonly #seen: Buffer
  #unflushed: { readonly offset: number; readonly bytes: Buffer }[] = []
  #isDead = false

  /** @param canZero whether it can be told to make ranges zero. Default false */
  constructor(content: Buffer, sectorBytes: number, canZero = false) {
    const zero = async (offset: number, length: number) => {
      this.zeroedBytes += length
      await this.write(offset, Buffer.alloc(length))
    }
    this.zero = canZero ? zero : undefined
    this.#medium = Buffer.from(content)
    this.#seen = Buffer.from(content)
    this.sectorBytes = sectorBytes
  }

  get sizeBytes(): number {
    return this.#medium.length
  }

  /** What is sure to be there after the power was lost. */
  get medium(): Buffer {
    return this.#medium
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const fault = await this.#meet('read', offset, length)
    const from =
      fault?.kind === 'misplace' ? this.#elsewhere(offset + fault.byBytes, length) : offset
    const bytes = Buffer.from(this.#seen.subarray(from, from + length))
    if (fault?.kind === 'flip') flipBit(bytes, fault.bit)
    return bytes
  }

  async write(offset: number, content: Buffer): Promise<void> {
    const fault = await this.#meet('write', offset, content.length)
    if (fault?.kind === 'drop') return
    const bytes = Buffer.from(content)
    if (fault?.kind === 'flip') flipBit(bytes, fault.bit)
    const at =
      fault?.kind === 'misplace' ? this.#elsewhere(offset + fault.byBytes, bytes.length) : offset
    const written = fault?.kind === 'tear' ? bytes.subarray(0, bytes.length / 2) : bytes
    written.copy(this.#seen, at)
    this.#unflushed.push({ offset: at, bytes: written })
  }

  async flush(): Promise<void> {
    const fault = await this.#meet('flush', 0, 0)
    if (fault?.kind === 'drop') return
    for (const { offset, bytes } of this.#unflushed) bytes.copy(this.#medium, offset)
    this.#unflushed = []
  }

  /**
   * From now on nothing is answered any more, until {@link powerUp}.
   *
   * @param keptShare of the sectors that were not flushed, how many made it nevertheless: 0 to 1
   */
  cutPower(random: Random, keptShare: number): void {
    this.#isDead = true
    for (const { offset, bytes } of random.shuffle(this.#unflushed)) {
      for (let at = 0; at < bytes.length; at += this.sectorBytes) {
        if (random.fraction() >= keptShare) continue
        bytes.copy(this.#medium, offset + at, at, Math.min(at + this.sectorBytes, bytes.length))
      }
    }
    this.#unflushed = []
    this.#medium.copy(this.#seen)
  }

  powerUp(): void {
    this.#isDead = false
    this.requestCount = 0
    this.changeCount = 0
    this.onRequest = () => undefined
  }

  async #meet(
    operation: DiskOperation,
    offset: number,
    length: number,
  ): Promise<DiskFault | undefined> {
    if (this.#isDead) throw new PowerLostError()
    this.requestCount++
    if (operation !== 'read') this.changeCount++
    const [number, changeNumber] = [this.requestCount, this.changeCount]
    const fault = this.onRequest({ operation, number, changeNumber, offset, length })
    // The request that the power failed on is lost with it.
    if (this.#isDead) throw new PowerLostError()
    if (fault?.kind === 'error') throw Object.assign(new Error('EIO'), { errno: 5 })
    if (fault?.kind === 'wait') await fault.until
    return fault
  }

  #elsewhere(offset: number, length: number): number {
    return Math.max(0, Math.min(offset, this.sizeBytes - length))
  }
}

function flipBit(bytes: Buffer, bit: number): void {
  const at = Math.floor(bit / 8) % bytes.length
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8))
}
