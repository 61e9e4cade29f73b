import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { decodeSmbiosTable } from '../../../../src/agent/linux/smbios-table.ts'
import { readSystemIdentity } from '../../../../src/agent/linux/system-identity.ts'
import { KernelTree } from '../../../fakes/kernel-tree.ts'

const uuid = Buffer.from('00efcdab1111224283334444 55556666'.replaceAll(' ', ''), 'hex')

const structure = (type: number, formatted: Buffer, strings: string[]) =>
  Buffer.concat([
    Buffer.from([type, formatted.length + 4, 0, type]),
    formatted,
    Buffer.from(strings.length === 0 ? '\0\0' : `${strings.join('\0')}\0\0`),
  ])

const table = Buffer.concat([
  structure(0, Buffer.from([1, 2, 0, 0, 0]), ['SeaBIOS', '1.16']),
  structure(32, Buffer.alloc(7), []),
  structure(1, Buffer.concat([Buffer.from([1, 2, 0, 3]), uuid, Buffer.alloc(3)]), [
    'QEMU',
    'Standard PC',
    'NODE-1',
  ]),
  structure(127, Buffer.alloc(0), []),
])

describe('decodeSmbiosTable', () => {
  test('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => void decodeSmbiosTable(bytes)),
    )
    for (let length = 0; length < table.length; length++)
      decodeSmbiosTable(table.subarray(0, length))
  })

  test('takes a UUID of all ones for none', () => {
    const formatted = Buffer.concat([Buffer.from([0, 0, 0, 0]), Buffer.alloc(16, 0xff)])
    expect(decodeSmbiosTable(structure(1, formatted, []))).toEqual({})
  })

  test('reads who the machine says it is', () => {
    expect(decodeSmbiosTable(table)).toEqual({
      firmwareVersion: '1.16',
      manufacturer: 'QEMU',
      productName: 'Standard PC',
      serialNumber: 'NODE-1',
      uuid: 'abcdef00-1111-4222-8333-444455556666',
    })
  })
})

describe('readSystemIdentity', () => {
  test('reads the raw table where the kernel gives no names', () => {
    using tree = new KernelTree().write({ '/sys/firmware/dmi/tables/DMI': table })
    expect(readSystemIdentity(tree.files).serialNumber).toBe('NODE-1')
  })

  test('is empty where there is neither', () => {
    using tree = new KernelTree()
    expect(readSystemIdentity(tree.files)).toEqual({})
  })
})
