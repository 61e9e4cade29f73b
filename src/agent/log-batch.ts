import { inertText } from '../base/ascii.ts'
import type { AgentToDaemon } from '../contract/agent-frames.ts'

type LogFrame = Extract<AgentToDaemon, { frame: 'log' }>

const flushAfterMs = 250
const linesPerFrame = 100
const keptLines = 1_000

/**
 * Gathers log lines and sends them four times a second. While the daemon is not reached the newest
 * thousand are kept.
 */
export class LogBatch implements Disposable {
  readonly #send: (frame: LogFrame) => boolean
  #lines: { readonly line: string; readonly attemptId: string | undefined }[] = []
  #timer: NodeJS.Timeout | undefined

  /** @param send returns false when the frame could not be sent */
  constructor(send: (frame: LogFrame) => boolean) {
    this.#send = send
  }

  add(line: string, attemptId?: string): void {
    this.#lines.push({ line: inertText(line, 2_000), attemptId })
    if (this.#lines.length > keptLines) this.#lines.shift()
    this.#timer ??= setTimeout(() => this.flush(), flushAfterMs)
  }

  /** Sends what there is; what cannot be sent waits for the next call. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    while (this.#lines.length > 0) {
      const frame = this.#nextFrame()
      if (!this.#send(frame)) return
      this.#lines.splice(0, frame.lines.length)
    }
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  /** Lines of one attempt, from the oldest on. */
  #nextFrame(): LogFrame {
    const attemptId = this.#lines[0]?.attemptId
    const foreign = this.#lines.findIndex((entry) => entry.attemptId !== attemptId)
    const count = Math.min(foreign === -1 ? this.#lines.length : foreign, linesPerFrame)
    const lines = this.#lines.slice(0, count).map(({ line }) => line)
    return { frame: 'log', ...(attemptId === undefined ? {} : { attemptId }), lines }
  }
}
