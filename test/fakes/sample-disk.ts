import type { Disk, DiskContents } from '../../src/contract/machine.ts'
import { sha256 } from './signed-image.ts'

const GiB = 1024 ** 3

/** What lies on a disk that holds nothing but zeros. */
export const blankContents: DiskContents = {
  partitionTable: 'none',
  fingerprint: sha256(Buffer.alloc(1024 * 1024)),
  signatures: [],
  partitions: [],
}

/** A blank virtio disk of 4 GiB, changed as the test needs it. */
export function sampleDisk(change: Partial<Disk> = {}): Disk {
  return {
    name: 'vda',
    path: '/dev/vda',
    sizeBytes: 4 * GiB,
    logicalSectorBytes: 512,
    physicalSectorBytes: 512,
    serial: 'DISK-1',
    transport: 'virtio',
    rotational: true,
    removable: false,
    readOnly: false,
    inUseBy: [],
    contents: blankContents,
    ...change,
  }
}
