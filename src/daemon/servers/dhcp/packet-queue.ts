/** Of a longer one, which no network card's frame holds, the beginning is read. */
export const mostPacketBytes = 2048

/** Of each kind; answered within about 30 ms, and worth no answer when they are much older. */
const mostWaiting = 256

/** While both kinds wait, so many urgent ones are answered before one that can wait. */
const urgentInARow = 3

/**
 * Packets that were received and not answered yet. Those that wait too long for company are dropped, the
 * oldest first: its client asks again, and has given up on this one sooner than on the others. Takes no
 * memory but what it has from the start.
 */
export class PacketQueue {
  readonly #urgent = new PacketRing(mostWaiting)
  readonly #patient = new PacketRing(mostWaiting)
  readonly #isUrgent: (bytes: Uint8Array) => boolean
  readonly #onDropped: () => void
  #urgentTaken = 0

  /**
   * @param isUrgent whether a packet is answered before others: it ends an exchange, or a machine that we
   *   know began one
   */
  constructor(isUrgent: (bytes: Uint8Array) => boolean, onDropped: () => void) {
    this.#isUrgent = isUrgent
    this.#onDropped = onDropped
  }

  /** Keeps a copy. */
  add(bytes: Uint8Array): void {
    const ring = this.#isUrgent(bytes) ? this.#urgent : this.#patient
    if (!ring.add(bytes)) this.#onDropped()
  }

  /** The next one, which stands until something is added; undefined when there is none. */
  take(): Uint8Array | undefined {
    const isPatientsTurn = this.#urgentTaken >= urgentInARow && this.#patient.size > 0
    const ring = isPatientsTurn || this.#urgent.size === 0 ? this.#patient : this.#urgent
    this.#urgentTaken = ring === this.#urgent ? this.#urgentTaken + 1 : 0
    return ring.take()
  }
}

/** So many copies, the oldest taken first. */
class PacketRing {
  readonly #slots: readonly Uint8Array[]
  readonly #lengths: Uint16Array
  #first = 0
  size = 0

  constructor(slots: number) {
    const memory = new Uint8Array(slots * mostPacketBytes)
    this.#slots = Array.from({ length: slots }, (_unused, index) =>
      memory.subarray(index * mostPacketBytes, (index + 1) * mostPacketBytes),
    )
    this.#lengths = new Uint16Array(slots)
  }

  /** False when the oldest made room. */
  add(bytes: Uint8Array): boolean {
    const isFull = this.size === this.#slots.length
    if (isFull) this.take()
    const index = (this.#first + this.size) % this.#slots.length
    const kept = bytes.length > mostPacketBytes ? bytes.subarray(0, mostPacketBytes) : bytes
    this.#slots[index]?.set(kept)
    this.#lengths[index] = kept.length
    this.size++
    return !isFull
  }

  take(): Uint8Array | undefined {
    if (this.size === 0) return undefined
    const index = this.#first
    this.#first = (index + 1) % this.#slots.length
    this.size--
    return this.#slots[index]?.subarray(0, this.#lengths[index])
  }
}
