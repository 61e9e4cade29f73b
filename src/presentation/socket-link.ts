import type { DaemonToOperator } from '../contract/operator-frames.ts'
import type { OperatorLink } from './operator-feed.ts'
import { readDaemonFrame } from './read-daemon-frame.ts'

/** What is used of an open websocket (`ws`): text in, text out, and a tap to turn off. */
export interface SocketLike {
  on(event: 'message', listener: (data: { toString(): string }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  send(text: string): void
  close(): void
  pause(): void
  resume(): void
}

/** Frames that may wait for the reader before the socket is paused. */
const pauseAbove = 256

/** An open websocket as a link: frames are checked, those of a newer daemon that we do not know are skipped. */
export function linkOf(socket: SocketLike): OperatorLink {
  const queue = new FrameQueue(socket)
  socket.on('message', (data) => queue.push(readDaemonFrame(data.toString())))
  socket.on('close', () => queue.end())
  socket.on('error', (error) => queue.end(error))
  return {
    frames: queue.frames(),
    send: (frame) => socket.send(JSON.stringify(frame)),
    close: () => {
      queue.end()
      socket.close()
    },
  }
}

class FrameQueue {
  readonly #socket: SocketLike
  #frames: DaemonToOperator[] = []
  #paused = false
  #ended = false
  #error: Error | undefined
  #wake: () => void = () => undefined

  constructor(socket: SocketLike) {
    this.#socket = socket
  }

  push(frame: DaemonToOperator | undefined): void {
    if (frame === undefined || this.#ended) return
    this.#frames.push(frame)
    if (this.#frames.length > pauseAbove && !this.#paused) {
      this.#paused = true
      this.#socket.pause()
    }
    this.#wake()
  }

  end(error?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#wake()
  }

  async *frames(): AsyncGenerator<DaemonToOperator> {
    for (;;) {
      const batch = this.#frames
      this.#frames = []
      yield* batch
      if (this.#frames.length > 0) continue
      if (this.#paused) {
        this.#paused = false
        this.#socket.resume()
      }
      if (this.#ended) break
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    if (this.#error !== undefined) throw this.#error
  }
}
