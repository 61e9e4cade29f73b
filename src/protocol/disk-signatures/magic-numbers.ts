import { latin1Text } from '../../base/ascii.ts'
import type { DeviceBytes } from './device-bytes.ts'
import { type DiskSignature, labelOf, signature, uuidOf } from './disk-signature.ts'

/** A kind that one constant at one place gives away. Offsets are in bytes from the device's start. */
interface MagicNumber {
  readonly kind: string
  readonly offset: number
  /** Latin-1. */
  readonly magic: string
  readonly label?: readonly [offset: number, length: number]
  readonly uuid?: number
  readonly sharedBy?: string
}

const cluster = 'a cluster file system'
const esxi = 'VMware ESXi hosts'
const ocfs2At = (blockTwo: number): MagicNumber => ({
  kind: 'ocfs2',
  offset: blockTwo,
  magic: 'OCFSV2',
  label: [blockTwo + 0x110, 64],
  uuid: blockTwo + 0x150,
  sharedBy: cluster,
})

const magicNumbers: readonly MagicNumber[] = [
  { kind: 'xfs', offset: 0, magic: 'XFSB', label: [108, 12], uuid: 32 },
  { kind: 'ntfs', offset: 3, magic: 'NTFS    ' },
  { kind: 'exfat', offset: 3, magic: 'EXFAT   ' },
  { kind: 'BitLocker', offset: 3, magic: '-FVE-FS-' },
  { kind: 'swap', offset: 4086, magic: 'SWAPSPACE2', label: [1052, 16], uuid: 1036 },
  { kind: 'swap', offset: 4086, magic: 'SWAP-SPACE' },
  { kind: 'squashfs', offset: 0, magic: 'hsqs' },
  { kind: 'erofs', offset: 1024, magic: '\xe2\xe1\xf5\xe0', label: [1088, 16], uuid: 1072 },
  { kind: 'f2fs', offset: 1024, magic: '\x10\x20\xf5\xf2', uuid: 1132 },
  { kind: 'nilfs2', offset: 1030, magic: '\x34\x34', label: [1176, 80], uuid: 1176 - 16 },
  { kind: 'hfsplus', offset: 1024, magic: 'H+' },
  { kind: 'apfs', offset: 32, magic: 'NXSB', uuid: 72 },
  { kind: 'jfs', offset: 32_768, magic: 'JFS1', label: [32_920, 16], uuid: 32_904 },
  { kind: 'reiserfs', offset: 65_588, magic: 'ReIsEr', label: [65_636, 16], uuid: 65_620 },
  { kind: 'iso9660', offset: 32_769, magic: 'CD001', label: [32_808, 32] },
  { kind: 'bcache', offset: 4120, magic: '\xc6\x85\x73\xf6\x4e\x1a\x45\xca', uuid: 4136 },
  { kind: 'bcachefs', offset: 4120, magic: '\xc6\x85\x73\xf6\x66\xce\x90\xa9', uuid: 4152 },
  { kind: 'vdo', offset: 0, magic: 'dmvdo001' },
  { kind: 'stratis', offset: 4100, magic: '!Stra0tis' },
  ...[1024, 2048, 4096, 8192].map((offset) => ocfs2At(offset)),
  { kind: 'ocfs', offset: 8, magic: 'OracleCFS', sharedBy: cluster },
  { kind: 'oracleasm', offset: 32, magic: 'ORCLDISK', label: [40, 24], sharedBy: 'Oracle ASM' },
  { kind: 'VMFS_volume_member', offset: 0x10_0000, magic: '\x0d\xd0\x01\xc0', sharedBy: esxi },
  { kind: 'VMFS', offset: 0x20_0000, magic: '\x5e\xf1\xab\x2f', sharedBy: esxi },
  {
    kind: 'ceph_bluestore',
    offset: 0,
    magic: 'bluestore block device',
    sharedBy: 'a Ceph cluster',
  },
]

export function probeMagicNumbers(device: DeviceBytes): DiskSignature[] {
  return magicNumbers.flatMap(({ kind, offset, magic, label, uuid, sharedBy }) => {
    const found = device.at(offset, magic.length)
    if (found === undefined || latin1Text(found) !== magic) return []
    const labelBytes = label && device.at(...label)
    const uuidBytes = uuid === undefined ? undefined : device.at(uuid, 16)
    return signature(kind, {
      label: labelBytes && labelOf(labelBytes),
      uuid: uuidBytes && uuidOf(uuidBytes),
      sharedBy,
    })
  })
}
