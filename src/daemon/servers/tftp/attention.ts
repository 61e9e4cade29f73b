import type { Clock } from '../../../base/clock.ts'
import { linux, type SocketCalls } from '../dhcp/socket-calls.ts'

/** A socket on which something may have arrived that nobody has looked at yet. */
export interface Listener {
  readonly fd: number
  /** Takes one waiting datagram and deals with it. */
  hearOne(): void
}

/** About what a firmware on the same switch takes to answer a window. */
const patienceMs = 0.2
/** The event loop has its turn after this long at the latest. */
const sliceMs = 0.3
const mostEvents = 64
/** struct epoll_event: packed on x86-64 alone (epoll_ctl(2)); the descriptor stands in its data. */
const layout =
  process.arch === 'x64' ? { eventBytes: 12, dataOffset: 4 } : { eventBytes: 16, dataOffset: 8 }

/**
 * Looks for datagrams rather than wait to be woken, for as long as they come one after the other: a
 * processor that sleeps is woken tens of microseconds late, and a transfer in blocks waits once for each
 * window. A moment without any, and the event loop watches alone again.
 */
export class Attention implements Disposable {
  readonly #calls: SocketCalls
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #epoll: number
  readonly #listeners = new Map<number, Listener>()
  readonly #events = new Uint8Array(mostEvents * layout.eventBytes)
  readonly #view = new DataView(this.#events.buffer)
  #heardAtMs = 0
  #isAwake = false

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

  /** Something arrived; more may follow soon. */
  heard(): void {
    const nowMs = this.#clock.monotonicMs()
    const isSoon = nowMs - this.#heardAtMs < patienceMs
    this.#heardAtMs = nowMs
    if (!isSoon || this.#isAwake) return
    this.#isAwake = true
    setImmediate(this.#turn)
  }

  [Symbol.dispose](): void {
    this.#listeners.clear()
    this.#calls.close(this.#epoll)
  }

  readonly #turn = (): void => {
    const startMs = this.#clock.monotonicMs()
    let nowMs = startMs
    while (this.#listeners.size > 0 && nowMs - startMs < sliceMs) {
      const count = this.#calls.epollWait(this.#epoll, this.#events, mostEvents)
      for (let index = 0; index < count; index++) {
        const at = index * layout.eventBytes + layout.dataOffset
        this.#listeners.get(this.#view.getInt32(at, true))?.hearOne()
      }
      nowMs = this.#clock.monotonicMs()
      if (nowMs - this.#heardAtMs > patienceMs) break
    }
    this.#isAwake = this.#listeners.size > 0 && nowMs - this.#heardAtMs <= patienceMs
    if (this.#isAwake) setImmediate(this.#turn)
  }
}
