import { describe, expect, test } from 'vitest'

import { gapsOf, planCapturedLayout } from '../../../../src/agent/capture/captured-table.ts'
import { seedPartitionName } from '../../../../src/agent/tasks/plan-seed.ts'
import { addPartitionAtEnd } from '../../../../src/protocol/gpt/change-gpt.ts'
import { decodeBackupGpt, decodeGpt } from '../../../../src/protocol/gpt/decode-gpt.ts'
import { gptPartitionTypes } from '../../../../src/protocol/gpt/gpt-table.ts'
import { sampleTable } from '../../../fakes/sample-gpt.ts'

function withSeed() {
  const added = addPartitionAtEnd(sampleTable(), {
    typeGuid: gptPartitionTypes.microsoftBasicData,
    partitionGuid: '99999999-2222-4333-8444-666666666666',
    name: seedPartitionName,
    sectors: 8192,
  })
  if (!added.ok) throw new Error(added.reason)
  return added.table
}

describe(planCapturedLayout, () => {
  test('a table without partitions leaves nothing to capture', () => {
    expect(planCapturedLayout({ ...sampleTable(), partitions: [] })).toMatchObject({ ok: false })
  })

  test('ends behind the last partition and leaves the seed with its secrets out', () => {
    const planned = planCapturedLayout(withSeed())
    if (!planned.ok) throw new Error(planned.reason)
    const { rawBytes, tables, partitions } = planned.layout
    expect(rawBytes).toBe((32_768 + 33) * 512)
    expect(partitions.map(({ name }) => name)).toEqual(['bios', 'root'])
    const [primary, backup] = tables
    const decoded = decodeGpt(primary?.bytes ?? new Uint8Array(), 512)
    expect(decoded).toMatchObject({ ok: true, table: { partitions, sectorCount: 32_768 + 33 } })
    expect(decodeBackupGpt(backup?.bytes ?? new Uint8Array(), 512)).toMatchObject({ ok: true })
    expect((backup?.offset ?? 0) + (backup?.bytes.length ?? 0)).toBe(rawBytes)
  })
})

describe(gapsOf, () => {
  test('is what no partition covers', () => {
    const planned = planCapturedLayout(sampleTable())
    if (!planned.ok) throw new Error(planned.reason)
    expect(gapsOf(planned.layout, 512)).toEqual([
      { offset: 0, length: 2048 * 512 },
      { offset: 32_768 * 512, length: 33 * 512 },
    ])
  })
})
