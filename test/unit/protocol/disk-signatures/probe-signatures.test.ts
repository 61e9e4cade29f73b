import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { DeviceEnds } from '../../../../src/protocol/disk-signatures/device-bytes.ts'
import { probeSignatures } from '../../../../src/protocol/disk-signatures/probe-signatures.ts'
import { deviceImage, lvmVolume, mdMember, zfsMember } from '../../../fakes/device-images.ts'

const probe = (bytes: Uint8Array) =>
  probeSignatures(new DeviceEnds(bytes.length, bytes, bytes.subarray(bytes.length)))

describe('probeSignatures', () => {
  test('gives nothing for zeros, for no bytes at all and for text', () => {
    expect(probe(new Uint8Array(4096))).toEqual([])
    expect(probe(new Uint8Array(0))).toEqual([])
    expect(probe(new Uint8Array(65_536).fill(0x41))).toEqual([])
  })

  test('gives a list for any bytes, whatever of a device was read (X05)', () => {
    const seeds = [lvmVolume, mdMember, zfsMember]
    const property = fc.property(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(140_000), fc.nat(255)), { maxLength: 40 }),
      fc.nat(0x21_0000),
      (seed, changes, length) => {
        const bytes = seed.slice(0, length)
        for (const [offset, value] of changes) if (offset < bytes.length) bytes[offset] = value
        for (const { kind, label = '' } of probe(bytes)) {
          expect(kind).toMatch(/^\w+$/)
          expect(label.length).toBeLessThanOrEqual(128)
        }
      },
    )
    fc.assert(property, { numRuns: 60 })
  })

  test('makes hostile labels inert', () => {
    const ext = deviceImage([
      [1024 + 56, [0x53, 0xef]],
      [1024 + 120, [0x1b, 0x5b, 0x32, 0x4a, 0x41]],
    ])
    expect(probe(ext)).toEqual([{ kind: 'ext2', label: '?[2JA' }])
  })

  test('counts the volumes of a group by its own metadata (X05)', () => {
    const set = { id: 'lvm abc-def', name: 'vg0', members: 2 }
    expect(probe(lvmVolume)).toEqual([
      { kind: 'LVM2_member', label: 'vg0', uuid: 'VOLUMEIDVOLUMEIDVOLUMEIDVOLUMEID', set },
    ])
  })

  test('tells array, name and number of members of an MD superblock (X05)', () => {
    const uuid = '01020304-0506-0708-090a-0b0c0d0e0f10'
    const set = { id: `md ${uuid}`, name: 'rack:0', members: 2 }
    expect(probe(mdMember)).toEqual([{ kind: 'linux_raid_member', label: 'rack:0', uuid, set }])
  })

  test('tells the pool of a ZFS label, and that others may use it (X05)', () => {
    expect(probe(zfsMember)).toEqual([
      { kind: 'zfs_member', label: 'tank', sharedBy: 'a ZFS pool' },
    ])
  })

  test('finds what lies at the end of a device of which the middle was not read (X05)', () => {
    const sizeBytes = 100 * 2 ** 30
    const tail = new Uint8Array(1024 * 1024)
    tail.set([0x83, 0x74, 0x02, 0x6d], tail.length - 4096 + 60)
    const device = new DeviceEnds(sizeBytes, new Uint8Array(4096), tail)
    expect(probeSignatures(device)).toEqual([{ kind: 'drbd', sharedBy: 'a DRBD peer' }])
  })
})
