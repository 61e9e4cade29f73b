import { describe, expect, test } from 'vitest'

import { LaneCounters } from '../../../../src/agent/block-writer/lanes/lane-counters.ts'
import { ProgressMeter } from '../../../../src/agent/block-writer/progress-meter.ts'
import type { WriteProgress } from '../../../../src/contract/run.ts'

const createMeter = () => {
  let nowMs = 0
  const reports: WriteProgress[] = []
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  const meter = new ProgressMeter(clock, (progress) => reports.push(progress))
  const counters = LaneCounters.forLanes(2)
  meter.follow(counters)[Symbol.dispose]()
  const look = (ms: number) => {
    nowMs += ms
    meter.look()
  }
  return { meter, counters, reports, look }
}

describe('ProgressMeter', () => {
  test('reports at most four times a second, and always the beginning and the end', () => {
    const { meter, counters, reports, look } = createMeter()
    meter.begin('write', 1000)
    for (let done = 0; done < 1000; done += 10) {
      counters.add(done % 20 === 0 ? 0 : 1, 'done', 10)
      look(10)
    }
    expect(reports).toHaveLength(5)
    counters.add(0, 'proven', 40)
    meter.end()
    expect(reports.at(-1)).toMatchObject({ phase: 'write', doneBytes: 1000, totalBytes: 1000 })
    meter.begin('verify', 1000)
    expect(reports.at(-1)).toMatchObject({ phase: 'verify', doneBytes: 0, provenBytes: 40 })
  })

  test('averages over the last five seconds: raw, network, decoder and disk', () => {
    const { meter, counters, reports, look } = createMeter()
    meter.begin('write', 1_000_000)
    for (let second = 0; second < 10; second++) {
      const bytes = second < 5 ? 1000 : 10_000
      counters.add(0, 'done', bytes)
      counters.add(1, 'fetched', bytes / 10)
      counters.add(0, 'decoded', bytes / 2)
      counters.add(1, 'disk', bytes * 2)
      look(1000)
    }
    expect(reports.at(-1)).toMatchObject({
      bytesPerSecond: 10_000,
      networkBytesPerSecond: 1000,
      decodeBytesPerSecond: 5000,
      diskBytesPerSecond: 20_000,
    })
  })

  test('goes on telling while nothing moves, and what it waits for (B14)', () => {
    const { meter, counters, reports, look } = createMeter()
    meter.begin('write', 1000)
    expect(reports.at(-1)?.bottleneck).toBeUndefined()
    for (const lane of [0, 1]) counters.enter(lane, 'processor')
    look(100)
    for (const lane of [0, 1]) counters.enter(lane, 'disk')
    for (let second = 0; second < 120; second++) look(1000)
    expect(reports).toHaveLength(121)
    expect(reports.at(-1)).toMatchObject({ doneBytes: 0, bottleneck: 'disk', bytesPerSecond: 0 })
  })

  test('counts what was fetched, and what had to come twice, over all phases', () => {
    const { meter, counters, reports } = createMeter()
    counters.add(0, 'fetched', 10)
    counters.add(1, 'refetched', 1)
    counters.add(1, 'reconnects', 2)
    meter.begin('verify', 0)
    expect(reports.at(-1)).toMatchObject({ fetchedBytes: 10, chunksRefetched: 1 })
    expect(meter.transfer).toEqual({ bytesFetched: 10, chunksRefetched: 1, reconnects: 2 })
  })
})
