import { PassThrough } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { ImportProgressPrinter } from '../../../src/cli/import-progress.ts'
import type { ProgressStyle } from '../../../src/cli/progress-style.ts'

const mebibyte = 1024 ** 2
const progressAt = (sentBytes: number) => ({
  sourceBytes: sentBytes * mebibyte,
  totalBytes: 200 * mebibyte,
  rawBytes: 0,
})

function show(style: ProgressStyle, times: readonly number[]): string {
  const stream = new PassThrough()
  const printer = new ImportProgressPrinter(stream, style)
  for (const timeMs of times) printer.show(progressAt(timeMs / 100), timeMs)
  printer.finish()
  return String(stream.read() ?? '')
}

describe(ImportProgressPrinter, () => {
  it('prints a line at most every five seconds into a pipe', () => {
    const text = show('plain', [0, 1000, 4999, 5000, 6000, 10_000])
    expect(text.trimEnd().split('\n')).toEqual([
      'import 0%  0/200 MiB',
      'import 25%  50/200 MiB  10.0 MiB/s',
      'import 50%  100/200 MiB  10.0 MiB/s',
    ])
    expect(text).not.toContain('\u001b')
  })

  it('says nothing where that is asked for', () => {
    expect(show('none', [0, 5000, 10_000])).toBe('')
  })

  it('redraws one line on a terminal and wipes it in the end', () => {
    const text = show('tty', [0, 50, 100, 200])
    expect(text.split('\r\u001b[K')).toHaveLength(5)
    expect(text.endsWith('\r\u001b[K')).toBe(true)
  })
})
