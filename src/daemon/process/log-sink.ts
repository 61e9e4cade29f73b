import { constants, fstatSync, openSync, writeSync } from 'node:fs'

/** Text that may wait for a reader who has stopped; what comes beyond is dropped. */
const longestQueue = 1024 * 1024
const retryMs = 50

interface Waiting {
  readonly bytes: Buffer
  /** How many dropped lines it tells of; 0 for a line of the log. */
  readonly tells: number
}

/**
 * Takes log lines and never waits: for a full disk or a reader that has stopped, lines are dropped, counted, and
 * the count is told once there is room again. Written at once, so that the last line before a crash is there.
 */
export class LogSink {
  readonly #fd: number
  readonly #tellDropped: (count: number) => string
  #queue: Waiting[] = []
  #queuedBytes = 0
  #dropped = 0
  #untold = 0
  #retry: NodeJS.Timeout | undefined

  /** @param tellDropped the line that tells how many were dropped */
  constructor(fd: number, tellDropped: (count: number) => string) {
    this.#fd = fd
    this.#tellDropped = tellDropped
  }

  /** Lines dropped since the beginning. */
  get dropped(): number {
    return this.#dropped
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#queuedBytes + bytes.length <= longestQueue) this.#enqueue({ bytes, tells: 0 })
    else this.#drop({ tells: 0 })
    if (this.#retry === undefined) this.#drain()
  }

  #enqueue(waiting: Waiting): void {
    this.#queue.push(waiting)
    this.#queuedBytes += waiting.bytes.length
  }

  #drop({ tells }: Pick<Waiting, 'tells'>): void {
    if (tells === 0) this.#dropped++
    this.#untold += Math.max(1, tells)
  }

  #drain(): void {
    for (;;) {
      const [waiting] = this.#queue
      if (waiting === undefined) {
        if (this.#untold === 0) return
        this.#queueCount()
        continue
      }
      const { bytes, tells } = waiting
      const outcome = this.#writeSome(bytes)
      if (outcome === 'blocked') return this.#retryLater()
      if (outcome === 'failed') this.#drop(waiting)
      const written = outcome === 'failed' ? bytes.length : outcome
      this.#queuedBytes -= written
      if (written < bytes.length) this.#queue[0] = { bytes: bytes.subarray(written), tells }
      else this.#queue.shift()
      // A full disk stays full for now: the next line tries again.
      if (outcome === 'failed') return
    }
  }

  #writeSome(bytes: Buffer): number | 'blocked' | 'failed' {
    try {
      return writeSync(this.#fd, bytes)
    } catch (thrown) {
      return (thrown as NodeJS.ErrnoException).code === 'EAGAIN' ? 'blocked' : 'failed'
    }
  }

  #queueCount(): void {
    const tells = this.#untold
    this.#untold = 0
    this.#enqueue({ bytes: Buffer.from(this.#tellDropped(tells)), tells })
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#drain()
    }, retryMs).unref()
  }
}

/** Standard error, in a way that does not wait for whoever reads a pipe. */
export function standardErrorForLogs(): number {
  const standardError = 2
  if (!fstatSync(standardError).isFIFO()) return standardError
  try {
    // A description of our own: whoever shares the pipe with us goes on as before.
    return openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    return standardError
  }
}
