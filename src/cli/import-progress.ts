import type { Writable } from 'node:stream'

import { formatByteSize } from '../base/byte-size.ts'
import { doneOfTotalText, percentText, rateText } from '../presentation/progress-text.ts'
import type { ProgressStyle } from './progress-style.ts'

export interface ImportProgress {
  /** What has been sent, or fetched. */
  readonly sourceBytes: number
  /** How much that will be, where it is known. */
  readonly totalBytes?: number
  /** Bytes of the raw disk that the daemon has stored. */
  readonly rawBytes: number
}

/** Plain lines are printed at most this often; a terminal's one line is redrawn ten times a second. */
const lineIntervalMs = 5000
const redrawIntervalMs = 100

/** Shows how far an import is: one line that is redrawn, a line now and then, or nothing. */
export class ImportProgressPrinter {
  readonly #stream: Writable
  readonly #style: ProgressStyle
  #startedMs: number | undefined
  #shownMs = Number.NEGATIVE_INFINITY
  #drawn = false

  constructor(stream: Writable, style: ProgressStyle) {
    this.#stream = stream
    this.#style = style
  }

  show(progress: ImportProgress, nowMs: number): void {
    if (this.#style === 'none') return
    this.#startedMs ??= nowMs
    const interval = this.#style === 'tty' ? redrawIntervalMs : lineIntervalMs
    if (nowMs - this.#shownMs < interval) return
    this.#shownMs = nowMs
    const text = progressLine(progress, nowMs - this.#startedMs)
    if (this.#style === 'tty') {
      this.#drawn = true
      this.#stream.write(`\r\u001b[K${text}`)
    } else {
      this.#stream.write(`${text}\n`)
    }
  }

  /** Wipes the line that was redrawn. */
  finish(): void {
    if (this.#drawn) this.#stream.write('\r\u001b[K')
    this.#drawn = false
  }
}

function progressLine(progress: ImportProgress, elapsedMs: number): string {
  const { sourceBytes, totalBytes, rawBytes } = progress
  const rate = elapsedMs < 1000 ? 0 : Math.round((sourceBytes / elapsedMs) * 1000)
  const arrived =
    totalBytes === undefined
      ? [formatByteSize(sourceBytes)]
      : [
          percentText({ doneBytes: sourceBytes, totalBytes }),
          doneOfTotalText(sourceBytes, totalBytes),
        ]
  // What was compressed is larger inside; what has to be unpacked as a whole is stored afterwards.
  const stored = rawBytes === 0 ? [] : [`stored ${formatByteSize(rawBytes)} of the disk`]
  return ['import', arrived.join('  '), rateText(rate), ...stored]
    .filter((part) => part !== '')
    .join('  ')
    .replace('import  ', 'import ')
}
