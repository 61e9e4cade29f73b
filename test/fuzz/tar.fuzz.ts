import { decodeTarHeader } from '../../src/protocol/tar/decode-header.ts'
import { decodePaxRecords } from '../../src/protocol/tar/decode-pax.ts'
import { paxHeader, tarEntry } from '../fakes/tar-archive.ts'
import type { FuzzTarget } from './fuzz-target.ts'

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'tar header',
    seeds: [
      tarEntry({ path: 'etc/hostname', content: Buffer.from('node-1') }).subarray(0, 512),
      tarEntry({ path: 'lib', type: '2', linkTarget: 'usr/lib' }),
    ],
    tryBytes: (bytes) => {
      const decoded = decodeTarHeader(bytes)
      if (decoded.ok && decoded.value !== undefined && decoded.value.sizeBytes < 0) {
        throw new Error('a negative size')
      }
    },
  },
  {
    name: 'tar extended header',
    seeds: [paxHeader({ path: 'a long name', size: '12', mtime: '1.5' }).subarray(512)],
    tryBytes: (bytes) => {
      const decoded = decodePaxRecords(bytes)
      if (decoded.ok && decoded.value.path?.includes('\0') === true) throw new Error('a NUL')
    },
  },
]
