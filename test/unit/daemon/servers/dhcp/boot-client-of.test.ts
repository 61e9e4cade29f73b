import { describe, expect, test } from 'vitest'

import { asciiBytes } from '../../../../../src/base/ascii.ts'
import { bootClientOf } from '../../../../../src/daemon/servers/dhcp/boot-client-of.ts'
import { decodePacket } from '../../../../../src/protocol/dhcpv4/decode-packet.ts'
import { anyMacAddress } from '../../../../fakes/dhcp-request.ts'
import { readPacketVector } from '../../../../vectors/dhcp/read-packet-vector.ts'

const firmware = (architectures: readonly number[], vendorClass = 'PXEClient') =>
  bootClientOf(
    anyMacAddress,
    new Map([
      [93, Uint8Array.from(architectures)],
      [60, asciiBytes(vendorClass)],
    ]),
  )

describe(bootClientOf, () => {
  test.each([
    ['none', [], 'unknown'],
    ['one byte', [7], 'unknown'],
    ['0', [0, 0], 'bios'],
    ['6, 32-bit UEFI', [0, 6], 'unknown'],
    ['7', [0, 7], 'uefi-x86_64'],
    ['9', [0, 9], 'uefi-x86_64'],
    ['11', [0, 11], 'uefi-aarch64'],
    ['16, HTTP boot', [0, 16], 'uefi-x86_64'],
    ['19, HTTP boot', [0, 19], 'uefi-aarch64'],
    ['0xffff', [0xff, 0xff], 'unknown'],
    ['three values, one of them known', [0xff, 0xff, 0, 9, 0, 0], 'uefi-x86_64'],
  ])('D08 C-P08 architecture %s', (_title, architectures, platform) => {
    expect(firmware(architectures)).toMatchObject({ kind: 'firmware', platform })
  })

  test('D08 without option 93 the vendor class says the architecture', () => {
    expect(firmware([], 'PXEClient:Arch:00007:UNDI:003000').platform).toBe('uefi-x86_64')
  })

  test('C-P01 knows UEFI HTTP boot by option 60', () => {
    expect(firmware([0, 16], 'HTTPClient:Arch:00016:UNDI:003001')).toMatchObject({
      kind: 'http-firmware',
      platform: 'uefi-x86_64',
    })
    expect(firmware([], 'HTTPClient:Arch:00019').platform).toBe('uefi-aarch64')
  })

  test('D08 keeps the number of an architecture that nothing is served for', () => {
    expect(firmware([0, 6])).toMatchObject({ platform: 'unknown', architecture: 6 })
  })

  test('an ordinary client wants no boot file', () => {
    const options = new Map([[60, asciiBytes('udhcp 1.35.0')]])
    expect(bootClientOf(anyMacAddress, options)).toEqual({
      macAddress: anyMacAddress,
      kind: 'none',
      platform: 'unknown',
    })
  })

  test.each([
    ['bios-ipxe-discover', 'ipxe', 'bios'],
    ['uefi-ipxe-discover', 'ipxe', 'uefi-x86_64'],
    ['edk2-native-discover', 'firmware', 'uefi-x86_64'],
  ])('C-P09 recognises the captured %s', (name, kind, platform) => {
    const decoding = decodePacket(readPacketVector(name))
    if (!decoding.ok) throw new Error(decoding.reason)
    const client = bootClientOf(anyMacAddress, decoding.packet.options)
    expect(client).toEqual({ macAddress: anyMacAddress, kind, platform })
  })
})
