import type { Clock } from '../../../base/clock.ts'
import { linux, type SocketCalls } from '../dhcp/socket-calls.ts'

/** A socket on which something may have arrived that nobody has looked at yet. */
export interface Listener {
  readonly fd: number
  /** Takes one waiting datagram and deals with it. */
  hearOne(): void
}

/** More than a client takes for the largest window and its answer. */
const patienceMs = 1
/** The event loop has its turn after this long in any case, and after that long without a datagram. */
const sliceMs = 2
const idleSliceMs = 0.3
/** An event loop that has nothing else to do comes round sooner. */
const quietLoopMs = 0.05
/** A look that finds nothing and takes this long was not all ours: others want the processor. */
const interruptedMs = 0.1
/** So long the event loop then watches alone, and the processor is theirs while nothing arrives. */
const restMs = 50
const mostEvents = 64
/** struct epoll_event: packed on x86-64 alone (epoll_ctl(2)); the descriptor stands in its data. */
const layout =
  process.arch === 'x64' ? { eventBytes: 12, dataOffset: 4 } : { eventBytes: 16, dataOffset: 8 }

/**
 * Looks for datagrams rather than wait to be woken, for as long as they come one after the other: a
 * processor that sleeps is woken tens of microseconds late, and a transfer in blocks waits once for each
 * window. Where the event loop has other work too, it looks once a turn; where other programs want the
 * processor, it leaves it to them. A moment without datagrams, and the event loop watches alone again.
 */
export class Attention implements Disposable {
  readonly #calls: SocketCalls
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #epoll: number
  readonly #listeners = new Map<number, Listener>()
  readonly #events = new Uint8Array(mostEvents * layout.eventBytes)
  readonly #view = new DataView(this.#events.buffer)
  #heardAtMs = -Infinity
  #turnEndedMs = -Infinity
  #restsUntilMs = -Infinity
  #isAwake = false
  #hasLooked = false

  constructor(calls: SocketCalls, clock: Pick<Clock, 'monotonicMs'>) {
    this.#calls = calls
    this.#clock = clock
    this.#epoll = calls.epollCreate(linux.socketCloseOnExec)
  }

  add(listener: Listener): void {
    const event = new Uint8Array(layout.eventBytes)
    const view = new DataView(event.buffer)
    view.setUint32(0, linux.epollIn, true)
    view.setInt32(layout.dataOffset, listener.fd, true)
    this.#calls.epollControl(this.#epoll, linux.epollAdd, listener.fd, event)
    this.#listeners.set(listener.fd, listener)
  }

  /** Before its descriptor is closed, by which the kernel forgets it too. */
  remove(listener: Listener): void {
    this.#listeners.delete(listener.fd)
  }

  /**
   * The event loop brought a datagram: others may have come with it, and more may follow soon. A look for each
   * of a hundred that it brings at once would find what came meanwhile, again and again, and nothing else would
   * have its turn.
   */
  woken(): void {
    if (!this.#hasLooked) {
      this.#hasLooked = true
      setImmediate(this.#mayLookAgain)
      this.#look()
    }
    const nowMs = this.#clock.monotonicMs()
    const isSoon = nowMs - this.#heardAtMs < patienceMs
    this.#heardAtMs = nowMs
    // What the event loop did last was to bring this.
    this.#turnEndedMs = nowMs
    if (!isSoon || this.#isAwake || nowMs < this.#restsUntilMs) return
    this.#isAwake = true
    setImmediate(this.#turn)
  }

  [Symbol.dispose](): void {
    this.#listeners.clear()
    this.#calls.close(this.#epoll)
  }

  readonly #mayLookAgain = (): void => {
    this.#hasLooked = false
  }

  readonly #turn = (): void => {
    const startMs = this.#clock.monotonicMs()
    const isLoopQuiet = startMs - this.#turnEndedMs < quietLoopMs
    let nowMs = startMs
    let isLooking = true
    while (isLooking) {
      const isHeard = this.#look()
      const lookedMs = this.#clock.monotonicMs() - nowMs
      nowMs += lookedMs
      if (isHeard) this.#heardAtMs = nowMs
      else if (lookedMs > interruptedMs) this.#restsUntilMs = nowMs + restMs
      const isWorthIt =
        isHeard || (isLoopQuiet && nowMs - Math.max(startMs, this.#heardAtMs) < idleSliceMs)
      isLooking = isWorthIt && nowMs - startMs < sliceMs && this.#expectsMore(nowMs)
    }
    this.#turnEndedMs = nowMs
    this.#isAwake = this.#expectsMore(nowMs)
    if (this.#isAwake) setImmediate(this.#turn)
  }

  /** Whether another datagram may come soon, and may be looked for. */
  #expectsMore(nowMs: number): boolean {
    const isSoon = this.#listeners.size > 0 && nowMs - this.#heardAtMs <= patienceMs
    return isSoon && nowMs >= this.#restsUntilMs
  }

  /** Deals with one datagram of every listener that has any. */
  #look(): boolean {
    const count = this.#calls.epollWait(this.#epoll, this.#events, mostEvents)
    for (let index = 0; index < count; index++) {
      const at = index * layout.eventBytes + layout.dataOffset
      this.#listeners.get(this.#view.getInt32(at, true))?.hearOne()
    }
    return count > 0
  }
}
