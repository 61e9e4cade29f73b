import { execFileSync } from 'node:child_process'
import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs'

const MiB = 1024 * 1024
export const signedFileBytes = 320 * MiB

/** Makes a file look like a disk of that kind. */
export interface SignatureWriter {
  /** As `blkid` and our prober call it. */
  readonly kind: string
  readonly label?: string
  write(file: string): void
}

const runs =
  (program: string, ...args: string[]) =>
  (file: string) => {
    execFileSync(program, [...args, file], { stdio: ['ignore', 'pipe', 'pipe'] })
  }

/** Bytes at offsets; a negative offset counts from the end. */
const puts = (
  parts: (sizeBytes: number) => readonly (readonly [offset: number, bytes: Buffer])[],
) => {
  return (file: string) => {
    const descriptor = openSync(file, 'r+')
    for (const [offset, bytes] of parts(signedFileBytes)) {
      writeSync(descriptor, bytes, 0, bytes.length, offset < 0 ? signedFileBytes + offset : offset)
    }
    closeSync(descriptor)
  }
}

/** What other machines may be using: made by its own program, or, where Debian has none, laid out as it lays it out. */
export const sharedSignatures: readonly SignatureWriter[] = [
  {
    kind: 'gfs2',
    label: 'rack:shared',
    write: runs('mkfs.gfs2', '-O', '-p', 'lock_dlm', '-t', 'rack:shared', '-j', '1', '-J', '8'),
  },
  {
    kind: 'ocfs2',
    label: 'shared',
    write: runs('mkfs.ocfs2', '-F', '-x', '-M', 'local', '-L', 'shared'),
  },
  {
    kind: 'drbd',
    write: (file) => {
      const args = ['--force', '0', 'v09', file, 'internal', 'create-md', '3']
      execFileSync('drbdmeta', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    },
  },
  { kind: 'VMFS_volume_member', write: puts(() => [[MiB, Buffer.from('0dd001c0', 'hex')]]) },
  { kind: 'VMFS', write: puts(() => [[2 * MiB, Buffer.from('5ef1ab2f', 'hex')]]) },
  {
    kind: 'oracleasm',
    label: 'DATA0001',
    write: puts(() => [[32, Buffer.from('ORCLDISKDATA0001', 'latin1')]]),
  },
  {
    kind: 'ceph_bluestore',
    write: puts(() => [[0, Buffer.from('bluestore block device\n7d3b\n', 'latin1')]]),
  },
  { kind: 'zfs_member', label: 'tank', write: puts(zfsLabels) },
]

/** Members of sets whose other members are elsewhere. */
export const partialSets: readonly SignatureWriter[] = [
  { kind: 'linux_raid_member', write: puts(() => [[4096, mdSuperblock(4096)]]) },
  { kind: 'linux_raid_member', write: puts(() => [[0, mdSuperblock(0)]]) },
  {
    kind: 'linux_raid_member',
    write: puts((sizeBytes) => [[sizeBytes - 8192, mdSuperblock(sizeBytes - 8192)]]),
  },
]

/** A physical volume of a group of two, on each of two devices. */
export function writeVolumeGroup(name: string, devices: readonly string[]): void {
  execFileSync('pvcreate', ['--quiet', '--force', '--yes', ...devices], { stdio: 'pipe' })
  execFileSync('vgcreate', ['--quiet', name, ...devices], { stdio: 'pipe' })
}

export function makeSignedFile(file: string, { write }: SignatureWriter): void {
  writeFileSync(file, '')
  truncateSync(file, signedFileBytes)
  write(file)
}

/** Superblock 1.x of a mirror of two, the other of which is not there; linux/raid/md_p.h. */
function mdSuperblock(offset: number): Buffer {
  const block = Buffer.alloc(256 + 4)
  block.writeUInt32LE(0xa92b4efc, 0)
  block.writeUInt32LE(1, 4)
  Buffer.from('00112233445566778899aabbccddeeff', 'hex').copy(block, 16)
  block.write('rack:0', 32, 'latin1')
  block.writeUInt32LE(1, 72)
  block.writeBigUInt64LE(BigInt((signedFileBytes - 2 * MiB) / 512), 80)
  block.writeUInt32LE(2, 92)
  block.writeBigUInt64LE(offset === 0 || offset === 4096 ? 2048n : 0n, 128)
  block.writeBigUInt64LE(BigInt((signedFileBytes - 2 * MiB) / 512), 136)
  block.writeBigUInt64LE(BigInt(offset / 512), 144)
  block.writeUInt32LE(2, 220)
  block.writeUInt16LE(1, 258)
  let sum = 0n
  for (let place = 0; place < block.length; place += 4) sum += BigInt(block.readUInt32LE(place))
  block.writeUInt32LE(Number(((sum & 0xffffffffn) + (sum >> 32n)) & 0xffffffffn), 216)
  return block
}

/** The name of the pool as an XDR list, and a ring of uberblocks, in all four labels. */
function zfsLabels(sizeBytes: number): [number, Buffer][] {
  const labelBytes = 256 * 1024
  const pairs = Buffer.concat([
    Buffer.from('010100000000000000000001', 'hex'),
    xdrPair('name', 9, Buffer.concat([uint32(4), Buffer.from('tank')])),
    xdrPair('pool_guid', 8, Buffer.from('0123456789abcdef', 'hex')),
    Buffer.alloc(8),
  ])
  const uberblock = Buffer.alloc(1024)
  uberblock.writeBigUInt64LE(0x00bab10cn, 0)
  uberblock.writeBigUInt64LE(5000n, 8)
  uberblock.writeBigUInt64LE(7n, 16)
  return [0, labelBytes, sizeBytes - 2 * labelBytes, sizeBytes - labelBytes].flatMap((label) => [
    [label + 16 * 1024, pairs] as [number, Buffer],
    ...[0, 1, 2, 3].map(
      (slot) => [label + 128 * 1024 + slot * 1024, uberblock] as [number, Buffer],
    ),
  ])
}

function xdrPair(name: string, type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(Math.ceil(name.length / 4) * 4)
  padded.write(name, 'latin1')
  const body = Buffer.concat([uint32(name.length), padded, uint32(type), uint32(1), value])
  return Buffer.concat([uint32(body.length + 8), uint32(body.length + 8), body])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
