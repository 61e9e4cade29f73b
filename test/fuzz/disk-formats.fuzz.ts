import { zstdCompressSync } from 'node:zlib'

import { readL1Entry, readL2Entry } from '../../src/protocol/qcow2/qcow2-entries.ts'
import { readQcow2Header } from '../../src/protocol/qcow2/qcow2-header.ts'
import { zstdFrameBytes } from '../../src/protocol/qcow2/zstd-frame.ts'
import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { readVhdFooter } from '../../src/protocol/vhd/vhd-footer.ts'
import { readVhdxMetadata } from '../../src/protocol/vhdx/vhdx-metadata.ts'
import { readVmdkHeader } from '../../src/protocol/vmdk/vmdk-header.ts'
import {
  qcow2Vectors,
  readDiskVector,
  refusedQcow2Vectors,
} from '../vectors/disk-formats/read-disk-vector.ts'
import type { FuzzTarget } from './fuzz-target.ts'

const fileBytes = 262_144
const layout = { version: 3, clusterBits: 16, fileBytes } as const

function requireDisk(reading: { ok: true; virtualBytes: number } | { ok: false; reason: string }) {
  if (!reading.ok ? reading.reason === '' : !(reading.virtualBytes > 0)) {
    throw new Error('neither a disk nor a reason')
  }
}

/** Where a VHDX says what it is: its beginning, region table, metadata table and the items of that. */
const vhdxPlaces = [
  { offset: 0, bytes: 8 },
  { offset: 192 * 1024, bytes: 96 },
  { offset: 3 * MEBIBYTE, bytes: 192 },
  { offset: 3 * MEBIBYTE + 64 * 1024, bytes: 64 },
] as const
const vhdx = readDiskVector('vhdx')

const vhdxFile = Uint8Array.from(vhdx)

/** The one file with those places as `bytes` have them; where they end it is as it was. */
function vhdxWith(bytes: Uint8Array): Uint8Array {
  let at = 0
  for (const place of vhdxPlaces) {
    vhdxFile.set(vhdx.subarray(place.offset, place.offset + place.bytes), place.offset)
    vhdxFile.set(bytes.subarray(at, at + place.bytes), place.offset)
    at += place.bytes
  }
  return vhdxFile
}

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'vhdx metadata',
    seeds: [
      Buffer.concat(vhdxPlaces.map(({ offset, bytes }) => vhdx.subarray(offset, offset + bytes))),
    ],
    tryBytes: async (bytes) => {
      const file = vhdxWith(bytes)
      requireDisk(
        await readVhdxMetadata((offset, length) =>
          Promise.resolve(file.subarray(offset, offset + length)),
        ),
      )
    },
  },
  {
    name: 'qcow2 header',
    seeds: [...qcow2Vectors, ...refusedQcow2Vectors].map((name) => readDiskVector(name)),
    tryBytes: (bytes) => {
      const reading = readQcow2Header(bytes, fileBytes)
      if (!reading.ok) return
      const { l1Offset, l1Entries } = reading.header
      if (l1Offset + l1Entries * 8 > fileBytes) throw new Error('a table outside the file')
    },
  },
  {
    name: 'qcow2 tables',
    seeds: [Uint8Array.from({ length: 64 }, (_unused, index) => (index % 8 === 5 ? 1 : 0))],
    tryBytes: (bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let offset = 0; offset + 8 <= bytes.length; offset += 8) {
        readL1Entry(view, offset, layout)
        const entry = readL2Entry(view, offset, layout)
        const isOutside =
          (entry.kind === 'data' && entry.offset >= fileBytes) ||
          (entry.kind === 'compressed' && entry.offset + entry.bytes > fileBytes)
        if (isOutside) throw new Error('a cluster outside the file')
      }
    },
  },
  {
    name: 'zstd frame',
    seeds: [zstdCompressSync(Buffer.alloc(4096)), zstdCompressSync(Buffer.from('short'))],
    tryBytes: (bytes) => {
      if ((zstdFrameBytes(bytes) ?? 0) > bytes.length) throw new Error('an end behind the end')
    },
  },
  {
    name: 'vmdk header',
    seeds: ['vmdk-sparse', 'vmdk-stream', 'vmdk-parent'].map((name) => readDiskVector(name)),
    tryBytes: (bytes) => requireDisk(readVmdkHeader(bytes)),
  },
  {
    name: 'vhd footer',
    seeds: ['vhd-fixed', 'vhd-dynamic'].map((name) => readDiskVector(name)),
    tryBytes: (bytes) => requireDisk(readVhdFooter(bytes)),
  },
]
