import { describe, expect, test } from 'vitest'

import { describeProgress, renderPage, StatusPage } from '../../../src/agent/status-page.ts'
import type { WriteProgress } from '../../../src/contract/run.ts'

const MiB = 1024 * 1024

const progress = (change: Partial<WriteProgress> = {}): WriteProgress => ({
  phase: 'write',
  doneBytes: 58 * MiB,
  totalBytes: 100 * MiB,
  fetchedBytes: 20 * MiB,
  bytesPerSecond: 312 * MiB,
  chunksRefetched: 0,
  ...change,
})

const createPage = () => {
  let nowMs = 0
  const screen: string[] = []
  const lines: string[] = []
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  const consoles = [
    { kind: 'screen' as const, write: (text: string) => screen.push(text) },
    { kind: 'line' as const, write: (text: string) => lines.push(text.trimEnd()) },
  ]
  const first = { agentVersion: '1', doing: 'waiting' }
  const page = new StatusPage(consoles, clock, first)
  return { page, screen, lines, wait: (ms: number) => (nowMs += ms) }
}

describe('StatusPage', () => {
  test('adds a line to a serial console only when something changes', () => {
    const { page, lines } = createPage()
    page.show({ doing: 'waiting' })
    page.show({ machineName: 'node-1', macAddress: '52:54:00:aa:bb:01', serialNumber: 'S1' })
    page.show({ lastLine: 'one' })
    page.show({ lastLine: 'one' })
    page.show({ doing: 'write / write-image' })
    expect(lines).toEqual([
      'repave: repave agent 1: waiting',
      'repave: this is node-1  52:54:00:aa:bb:01  S1',
      'repave: one',
      'repave: write / write-image',
    ])
  })

  test('tells a serial console of progress every five seconds, and of each phase', () => {
    const { page, lines, wait } = createPage()
    for (let tick = 0; tick <= 24; tick++) {
      page.show({ doing: 'waiting', progress: progress({ doneBytes: tick * MiB }) })
      wait(250)
    }
    expect(lines.slice(1)).toEqual([
      'repave: write 0%  0 B of 100 MiB  312 MiB/s',
      'repave: write 20%  20.0 MiB of 100 MiB  312 MiB/s',
    ])
    page.show({ progress: progress({ doneBytes: 100 * MiB }) })
    page.show({ progress: progress({ phase: 'verify', doneBytes: 0, bytesPerSecond: 0 }) })
    expect(lines.slice(3)).toEqual([
      'repave: write 100%  100 MiB of 100 MiB  312 MiB/s',
      'repave: verify 0%  0 B of 100 MiB',
    ])
  })

  test('draws a screen anew with every change', () => {
    const { page, screen } = createPage()
    page.show({ doing: 'write', progress: progress() })
    expect(screen).toHaveLength(2)
    expect(screen[1]).toContain('[#######################.................]')
    page.show({ doing: 'waiting', progress: undefined })
    expect(screen[2]).not.toContain('[#')
  })
})

describe('renderPage', () => {
  test('never exceeds 80 columns and 24 lines', () => {
    const lastLine = 'x'.repeat(300)
    const page = renderPage({
      agentVersion: '1',
      doing: 'y'.repeat(200),
      lastLine,
      progress: progress(),
    })
    const rows = page.replaceAll(/\u001b\[[HJK]/g, '').split('\r\n')
    expect(rows.length).toBeLessThanOrEqual(24)
    expect(Math.max(...rows.map((row) => row.length))).toBeLessThan(80)
  })
})

describe('describeProgress', () => {
  test('says what is done, how fast, and what came twice', () => {
    expect(describeProgress(progress({ chunksRefetched: 2 }))).toBe(
      'write 58%  58.0 MiB of 100 MiB  312 MiB/s  2 chunks fetched again',
    )
    expect(describeProgress(progress({ totalBytes: 0, doneBytes: 0 }))).toContain('100%')
  })
})
