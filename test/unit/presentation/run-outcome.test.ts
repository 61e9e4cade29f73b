import { describe, expect, it } from 'vitest'

import { outcomeLines, receiptOf } from '../../../src/presentation/run-outcome.ts'
import {
  failedRun,
  sampleDigest,
  sampleInventory,
  sampleMachine,
  succeededRun,
} from '../../fakes/sample-fleet.ts'

describe(outcomeLines, () => {
  it('says why a run failed and that nothing is proven', () => {
    const lines = outcomeLines(failedRun(1), sampleMachine(1))
    expect(lines[0]).toBe('node-1 failed after 9.0s: ERR_DISK_WRITE the disk said no')
    expect(lines).toContain('  receipt   none: the bytes are not proven')
    expect(lines).toContain('  stages    discover 4.0s, write 5.0s (failed), finish not begun')
  })

  it('gives machine, firmware, image, bytes, stages and receipt of a success', () => {
    const digest = sampleDigest('c')
    expect(outcomeLines(succeededRun(1), sampleMachine(1))).toEqual([
      'node-1 succeeded in 12s',
      '  machine   node-1  52:54:00:aa:bb:01',
      '  firmware  uefi x86_64  QEMU Standard PC',
      `  image     debian-12  ${sampleDigest('a')}`,
      '  disk      /dev/vda  10.0 GiB  serial DISK-1',
      '  written   2147483648 bytes (2.0 GiB) in 7.0s, 2.0 GiB read back in 2.0s, 300 MiB fetched',
      '  stages    discover 4.0s, write 2.0s, finish 4.0s',
      '  run       00000001-0000-4000-8000-0000000000bb (deploy-image)',
      `  receipt   ${digest}`,
    ])
  })

  it('gives the image that a capture has made, which needs no receipt', () => {
    const { receipt: _receipt, ...run } = succeededRun(1)
    const tasks = run.tasks.filter(({ task }) => task.action !== 'write-image')
    const capturedImage = { name: 'golden', version: '2', digest: sampleDigest('d') }
    const lines = outcomeLines({ ...run, tasks, capturedImage }, sampleMachine(1))
    expect(lines).toContain(`  image     golden@2  ${sampleDigest('d')}`)
    expect(lines.join()).not.toContain('receipt')
  })

  it('shows what the hardware says of itself inert (U01)', () => {
    const system = { manufacturer: '\u001b]0;owned\u0007', productName: 'x\u202ey' }
    const machine = sampleMachine(1, { inventory: { ...sampleInventory, system } })
    expect(outcomeLines(succeededRun(1), machine)[2]).toBe(
      '  firmware  uefi x86_64  ?]0;owned? x?y',
    )
  })
})

describe(receiptOf, () => {
  it.each(['', '{', 'null', '{"format":"repave-receipt/1"}'])('takes %j for no receipt', (text) => {
    const run = succeededRun(1)
    const receipt = { ...run.receipt!, receipt: text }
    expect(receiptOf({ ...run, receipt })).toBeUndefined()
  })
})
