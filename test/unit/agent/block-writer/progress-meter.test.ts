import { describe, expect, test } from 'vitest'

import { ProgressMeter } from '../../../../src/agent/block-writer/progress-meter.ts'
import type { WriteProgress } from '../../../../src/contract/run.ts'

const createMeter = () => {
  let nowMs = 0
  const reports: WriteProgress[] = []
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  const meter = new ProgressMeter(clock, (progress) => reports.push(progress))
  return { meter, reports, wait: (ms: number) => (nowMs += ms) }
}

describe('ProgressMeter', () => {
  test('reports at most four times a second, and always the beginning and the end', () => {
    const { meter, reports, wait } = createMeter()
    meter.begin('write', 1000)
    for (let done = 0; done < 1000; done += 10) {
      wait(10)
      meter.done(10)
    }
    expect(reports).toHaveLength(5)
    expect(reports.at(-1)).toMatchObject({ phase: 'write', doneBytes: 1000, totalBytes: 1000 })
    meter.begin('verify', 1000)
    expect(reports.at(-1)).toMatchObject({ phase: 'verify', doneBytes: 0 })
  })

  test('averages over the last five seconds', () => {
    const { meter, reports, wait } = createMeter()
    meter.begin('write', 1_000_000)
    for (let second = 0; second < 10; second++) {
      wait(1000)
      meter.done(second < 5 ? 1000 : 10_000)
    }
    expect(reports.at(-1)?.bytesPerSecond).toBe(10_000)
  })

  test('counts fetched bytes and chunks that came twice over all phases', () => {
    const { meter, reports } = createMeter()
    meter.fetched(10)
    meter.refetched()
    meter.begin('verify', 0)
    expect(reports.at(-1)).toMatchObject({ fetchedBytes: 10, chunksRefetched: 1 })
    expect(reports.at(-1)?.bytesPerSecond).toBe(0)
  })
})
