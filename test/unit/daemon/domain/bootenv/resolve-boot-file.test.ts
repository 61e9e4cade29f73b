import { describe, expect, it } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../../../../src/base/mac-address.ts'
import { resolveBootFile } from '../../../../../src/daemon/domain/bootenv/resolve-boot-file.ts'

const hosts = {
  provisioningUrl: 'http://10.77.0.1:8090',
  serverAddress: parseIpv4Address('10.77.0.1'),
}
const macAddress = parseMacAddress('52:54:00:aa:bb:01')
const wishes = { isIpxeRefused: false }

describe('resolveBootFile', () => {
  it('D08 gives nothing to who did not ask, and nothing to a platform without a program', () => {
    const none = { macAddress, platform: 'bios', kind: 'none' } as const
    expect(resolveBootFile(none, hosts).kind).toBe('none')
    const arm = { macAddress, platform: 'uefi-aarch64', kind: 'firmware' } as const
    expect(resolveBootFile(arm, hosts).because).toContain('uefi-aarch64')
    const odd = { macAddress, platform: 'unknown', kind: 'firmware', architecture: 6 } as const
    expect(resolveBootFile(odd, hosts)).toEqual({
      kind: 'none',
      because: 'no boot program for the architecture 6 in option 93',
    })
  })

  it('gives firmware the program of its platform', () => {
    const fileFor = (platform: 'bios' | 'uefi-x86_64') =>
      resolveBootFile({ macAddress, platform, kind: 'firmware' }, hosts)
    expect(fileFor('bios')).toMatchObject({ bootFileName: 'ipxe/undionly.kpxe' })
    expect(fileFor('uefi-x86_64')).toMatchObject({
      bootFileName: 'ipxe/snponly.efi',
      serverAddress: '10.77.0.1',
    })
  })

  it('C-P01 gives UEFI HTTP boot the same program as a URL', () => {
    const client = { macAddress, platform: 'uefi-x86_64', kind: 'http-firmware' } as const
    expect(resolveBootFile(client, hosts)).toMatchObject({
      bootFileName: 'http://10.77.0.1:8090/boot/ipxe/snponly.efi',
    })
  })

  it('C-P13 gives iPXE a script, never a program again', () => {
    const client = { macAddress, platform: 'bios', kind: 'ipxe', systemUuid: 'abc-1' } as const
    expect(resolveBootFile(client, hosts)).toMatchObject({
      bootFileName:
        'http://10.77.0.1:8090/boot/start.ipxe?mac=52:54:00:aa:bb:01&platform=bios&uuid=abc-1',
    })
  })

  it('lets the machine overrule its subnet, and either of them what is usual', () => {
    const client = { macAddress, platform: 'uefi-aarch64', kind: 'firmware' } as const
    const subnet = { 'uefi-aarch64': 'programs/snponly-arm64.efi' }
    expect(resolveBootFile(client, hosts, { ...wishes, subnet })).toMatchObject({
      bootFileName: 'programs/snponly-arm64.efi',
      because: 'its subnet is set to it',
    })
    const both = { ...wishes, subnet, machine: { 'uefi-aarch64': 'none' } }
    expect(resolveBootFile(client, hosts, both)).toEqual({
      kind: 'none',
      because: 'the machine is set to it',
    })
  })
})
