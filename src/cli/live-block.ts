import type { Writable } from 'node:stream'

import { cutText } from '../presentation/shown-text.ts'

/** A terminal is redrawn at most this often. */
const redrawIntervalMs = 100
const usualColumns = 80

/** Lines at the bottom of a terminal that are drawn anew in place; what is printed goes above them. */
export class LiveBlock {
  readonly #stream: Writable & { readonly columns?: number }
  #drawn = 0
  #drawnMs = Number.NEGATIVE_INFINITY

  constructor(stream: Writable & { readonly columns?: number }) {
    this.#stream = stream
  }

  print(lines: readonly string[]): void {
    if (lines.length === 0) return
    this.clear()
    for (const line of lines) this.#stream.write(`${line}\n`)
  }

  /** Draws `lines` in the place of those before, unless that was done just now. */
  draw(lines: readonly string[], nowMs: number): void {
    if (nowMs - this.#drawnMs < redrawIntervalMs) return
    this.#drawnMs = nowMs
    this.#wipe()
    const columns = this.#stream.columns ?? usualColumns
    for (const line of lines) this.#stream.write(`${cutText(line, columns - 1)}\n`)
    this.#drawn = lines.length
  }

  clear(): void {
    this.#wipe()
    this.#drawnMs = Number.NEGATIVE_INFINITY
  }

  #wipe(): void {
    if (this.#drawn > 0) this.#stream.write(`\u001b[${this.#drawn}A\u001b[J`)
    this.#drawn = 0
  }
}
