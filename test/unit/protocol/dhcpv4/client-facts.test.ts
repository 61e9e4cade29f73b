import { describe, expect, test } from 'vitest'

import { asciiBytes } from '../../../../src/base/ascii.ts'
import { readClientArchitectures } from '../../../../src/protocol/dhcpv4/client-architectures.ts'
import { isIpxe } from '../../../../src/protocol/dhcpv4/ipxe-options.ts'
import { isPxeClient } from '../../../../src/protocol/dhcpv4/pxe-vendor-options.ts'
import {
  readAddressOption,
  readTextOption,
  readUint16Option,
  readUint32Option,
} from '../../../../src/protocol/dhcpv4/read-option.ts'
import { readSystemUuid } from '../../../../src/protocol/dhcpv4/system-uuid.ts'
import { readUserClasses } from '../../../../src/protocol/dhcpv4/user-classes.ts'

const option = (code: number, value: Iterable<number>) => new Map([[code, Uint8Array.from(value)]])
const none = new Map<number, Uint8Array>()

describe(isIpxe, () => {
  test.each([
    ['raw', asciiBytes('iPXE'), true],
    ['counted', asciiBytes('\u0004iPXE'), true],
    ['counted, the second of two', asciiBytes('\u0003foo\u0004iPXE'), true],
    ['a count past the end', asciiBytes('\u0009iPXE'), false],
    ['a count of zero', asciiBytes('\0iPXE'), false],
    ['nothing', new Uint8Array(0), false],
  ])('D07 C-P09 user class: %s', (_title, value, expected) => {
    expect(isIpxe(option(77, value))).toBe(expected)
  })

  test('C-P09 its own option 175 is enough', () => {
    expect(isIpxe(option(175, [1, 1, 0]))).toBe(true)
  })
})

describe(readUserClasses, () => {
  test('D06 gives printable text only', () => {
    expect(readUserClasses(option(77, [0x1b, 0x5b, 0x41]))).toEqual(['?[A'])
  })
})

describe(readClientArchitectures, () => {
  test.each([
    ['missing', none, []],
    ['one byte', option(93, [7]), []],
    ['0xffff', option(93, [0xff, 0xff]), [0xffff]],
    ['three values', option(93, [0, 7, 0, 9, 0, 16]), [7, 9, 16]],
  ])('D08 %s', (_title, options, expected) => {
    expect(readClientArchitectures(options)).toEqual(expected)
  })
})

describe(readSystemUuid, () => {
  const uuidBytes = [
    0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
  ]

  test.each([
    ['missing', none],
    ['all zero', option(97, new Uint8Array(17))],
    ['all ones', option(97, [0, ...new Uint8Array(16).fill(255)])],
    ['type 255', option(97, new Uint8Array(17).fill(255))],
    ['too short', option(97, [0, 1, 2])],
    ['too long', option(97, [0, ...uuidBytes, 1])],
  ])('D09 C-P07 %s says nothing', (_title, options) => {
    expect(readSystemUuid(options)).toBeUndefined()
  })

  test('reads the first three fields little-endian, as Linux prints them', () => {
    expect(readSystemUuid(option(97, [0, ...uuidBytes]))).toBe(
      '00112233-4455-6677-8899-aabbccddeeff',
    )
  })
})

describe(isPxeClient, () => {
  test.each([
    ['PXEClient:Arch:00007:UNDI:003000', true],
    ['PXEClient', true],
    ['PXEClien', false],
    ['HTTPClient:Arch:00016', false],
  ])('C-P01 %s', (vendorClass, expected) => {
    expect(isPxeClient(option(60, asciiBytes(vendorClass)))).toBe(expected)
  })
})

describe('typed readers', () => {
  test.each([0, 1, 3, 5])('%i bytes are no number and no address', (length) => {
    const options = option(50, new Uint8Array(length))
    expect(readAddressOption(options, 50)).toBeUndefined()
    expect(readUint16Option(options, 50)).toBeUndefined()
    expect(readUint32Option(options, 50)).toBeUndefined()
  })

  test('read what is there', () => {
    expect(readAddressOption(option(50, [10, 77, 0, 9]), 50)).toBe('10.77.0.9')
    expect(readUint16Option(option(57, [5, 0xc0]), 57)).toBe(1472)
    expect(readUint32Option(option(51, [0xff, 0xff, 0xff, 0xff]), 51)).toBe(0xffff_ffff)
  })

  test('D06 C-D13 text is printable and ends at a NUL', () => {
    expect(readTextOption(option(12, asciiBytes('node\0')), 12)).toBe('node')
    expect(readTextOption(option(12, [0x1b, 0x5d, 0x38, 13, 10]), 12)).toBe('?]8??')
    expect(readTextOption(option(12, [0, 65]), 12)).toBeUndefined()
  })
})
