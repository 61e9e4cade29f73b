import { DeviceEnds } from '../../src/protocol/disk-signatures/device-bytes.ts'
import {
  decodeExtendedBootRecord,
  decodePartitions,
} from '../../src/protocol/disk-signatures/partition-entries.ts'
import { probeSignatures } from '../../src/protocol/disk-signatures/probe-signatures.ts'
import { deviceImage, lvmVolume, mdMember, zfsMember } from '../fakes/device-images.ts'
import type { FuzzTarget } from './fuzz-target.ts'

const deviceOf = (bytes: Uint8Array) =>
  new DeviceEnds(bytes.length, bytes, bytes.subarray(bytes.length))

const partitioned = deviceImage(
  [
    [446, [0, 0, 0, 0, 0x83, 0, 0, 0, 8, 0, 0, 0, 64, 0, 0, 0]],
    [510, [0x55, 0xaa]],
  ],
  65_536,
)

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'disk signatures',
    seeds: [lvmVolume.slice(0, 8192), mdMember.slice(0, 8192), zfsMember.slice(0, 262_144)],
    tryBytes: (bytes) => {
      for (const { label = '' } of probeSignatures(deviceOf(bytes))) {
        if (/[\u0000-\u001f]/.test(label)) throw new Error('a label with control characters')
      }
    },
  },
  {
    name: 'partition tables of disks',
    seeds: [partitioned],
    tryBytes: (bytes) => {
      const { partitions } = decodePartitions(deviceOf(bytes), 512)
      const places = { extendedBytes: 0, recordBytes: 0, number: 5 }
      const { partition } = decodeExtendedBootRecord(bytes, 512, places)
      for (const { offsetBytes, sizeBytes } of [...partitions, ...(partition ? [partition] : [])]) {
        if (!(offsetBytes > 0 && sizeBytes > 0)) throw new Error('a partition without a place')
      }
    },
  },
]
