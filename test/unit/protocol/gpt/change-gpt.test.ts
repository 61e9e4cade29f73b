import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { addPartitionAtEnd, growToDisk } from '../../../../src/protocol/gpt/change-gpt.ts'
import { decodeGpt } from '../../../../src/protocol/gpt/decode-gpt.ts'
import { encodeGpt } from '../../../../src/protocol/gpt/encode-gpt.ts'
import { gptPartitionTypes } from '../../../../src/protocol/gpt/gpt-table.ts'
import { sampleTable } from '../../../fakes/sample-gpt.ts'

describe('growToDisk', () => {
  test('refuses a disk that is too small for the partitions', () => {
    expect(growToDisk(sampleTable(), 32_768)).toMatchObject({ ok: false })
  })

  test('moves the backup to the new end', () => {
    const grown = growToDisk(sampleTable(), 131_072)
    if (!grown.ok) throw new Error(grown.reason)
    expect(encodeGpt(grown.table).backupOffsetBytes).toBe((131_072 - 33) * 512)
    expect(decodeGpt(encodeGpt(grown.table).primary, 512)).toMatchObject({
      table: { sectorCount: 131_072, lastUsableLba: 131_072 - 34 },
    })
  })
})

describe('addPartitionAtEnd', () => {
  const wanted = {
    typeGuid: gptPartitionTypes.microsoftBasicData,
    partitionGuid: '11111111-2222-4333-8444-777777777777',
    name: 'seed',
    sectors: 8192,
  }

  test('refuses when there is no room after the last partition', () => {
    const full = growToDisk(sampleTable(), 40_000)
    if (!full.ok) throw new Error(full.reason)
    expect(addPartitionAtEnd(full.table, wanted)).toMatchObject({ ok: false })
  })

  test('takes the last aligned place and the next number', () => {
    const added = addPartitionAtEnd(sampleTable(), wanted)
    expect(added).toMatchObject({
      ok: true,
      partition: { number: 4, firstLba: 55_296, lastLba: 63_487 },
    })
  })

  test('gives a table that encodes, for any disk it accepts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 33_000, max: 10_000_000 }), (sectorCount) => {
        const grown = growToDisk(sampleTable(), sectorCount)
        const added = grown.ok ? addPartitionAtEnd(grown.table, wanted) : grown
        if (!added.ok) return
        expect(decodeGpt(encodeGpt(added.table).primary, 512)).toMatchObject({ ok: true })
      }),
    )
  })
})
