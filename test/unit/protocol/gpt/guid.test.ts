import { describe, expect, test } from 'vitest'

import { gptPartitionTypes } from '../../../../src/protocol/gpt/gpt-table.ts'
import { guidFromBytes, guidToBytes } from '../../../../src/protocol/gpt/guid.ts'

describe('guidToBytes', () => {
  test('refuses what is no GUID', () => {
    expect(() => guidToBytes('c12a7328')).toThrow(RangeError)
  })

  test('writes the first three fields little-endian', () => {
    const bytes = guidToBytes(gptPartitionTypes.efiSystem)
    expect(Buffer.from(bytes).toString('hex')).toBe('28732ac11ff8d211ba4b00a0c93ec93b')
    expect(guidFromBytes(bytes)).toBe(gptPartitionTypes.efiSystem)
  })
})
