import { describe, expect, it } from 'vitest'

import { toHex } from '../../../../src/base/hex.ts'
import { encodePartitionFilePath } from '../../../../src/protocol/efi/device-path.ts'
import {
  encodeLoadOption,
  readLoadOptionDescription,
} from '../../../../src/protocol/efi/load-option.ts'

describe(encodePartitionFilePath, () => {
  it('packs a hard-drive node, a file node and the end node', () => {
    const path = encodePartitionFilePath({
      partitionNumber: 2,
      firstSector: 4096,
      sectorCount: 131_072,
      partitionGuid: '00112233-4455-6677-8899-aabbccddeeff',
      path: '\\A',
    })
    expect(toHex(path)).toBe(
      [
        '04012a00',
        '02000000',
        '0010000000000000',
        '0000020000000000',
        '33221100554477668899aabbccddeeff',
        '0202',
        '04040a00',
        '5c00410000',
        '00',
        '7fff0400',
      ].join(''),
    )
  })
})

describe(encodeLoadOption, () => {
  const option = { description: 'Repave', devicePath: Uint8Array.of(0x7f, 0xff, 4, 0) }

  it('marks the option active and states the length of its path', () => {
    expect(toHex(encodeLoadOption(option)).slice(0, 12)).toBe('010000000400')
  })

  it('round-trips the description', () => {
    expect(readLoadOptionDescription(encodeLoadOption(option))).toBe('Repave')
  })
})

describe(readLoadOptionDescription, () => {
  it('answers undefined for bytes that end before the description does', () => {
    expect(
      readLoadOptionDescription(
        encodeLoadOption({ description: 'x', devicePath: new Uint8Array() }).subarray(0, 9),
      ),
    ).toBeUndefined()
    expect(readLoadOptionDescription(new Uint8Array())).toBeUndefined()
  })
})
