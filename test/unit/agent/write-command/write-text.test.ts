import { describe, expect, test } from 'vitest'

import { progressLine } from '../../../../src/agent/write-command/write-text.ts'
import type { WriteProgress } from '../../../../src/contract/run.ts'

const MiB = 1024 * 1024

const progress: WriteProgress = {
  phase: 'write',
  doneBytes: 512 * MiB,
  totalBytes: 2048 * MiB,
  provenBytes: 0,
  fetchedBytes: 100 * MiB,
  bytesPerSecond: 256 * MiB,
  networkBytesPerSecond: 50 * MiB,
  decodeBytesPerSecond: 128 * MiB,
  diskBytesPerSecond: 255 * MiB,
  bottleneck: 'disk',
  chunksRefetched: 0,
}

describe('progressLine', () => {
  test('tells how far, how fast, how long still, what is waited for, and each rate', () => {
    expect(progressLine(progress, 0)).toBe(
      'write 25%  512 MiB of 2.0 GiB  256 MiB/s  6 s left  bound by disk  network 50.0 MiB/s  decode 128 MiB/s  disk 255 MiB/s',
    )
  })

  test('tells what is proven, and leaves out what does not move', () => {
    const line = progressLine(
      {
        ...progress,
        ...{ phase: 'verify', provenBytes: 300 * MiB },
        ...{ bytesPerSecond: MiB, networkBytesPerSecond: 0, decodeBytesPerSecond: 0 },
      },
      0,
    )
    expect(line).toContain('26 min left  bound by disk  proven 300 MiB  disk 255 MiB/s')
    expect(line).not.toContain('network')
  })

  test('tells a stall in place of the time left, and for what it waits (B14)', () => {
    const still = { ...progress, bytesPerSecond: 0, diskBytesPerSecond: 0 }
    expect(progressLine(still, 31_000)).toContain('stalled 31 s, waiting for the disk')
    expect(progressLine(still, 31_000)).not.toContain('left')
  })
})
