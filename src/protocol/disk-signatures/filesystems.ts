import { latin1Text } from '../../base/ascii.ts'
import { type DeviceBytes, unsigned } from './device-bytes.ts'
import { type DiskSignature, labelOf, signature, uuidOf } from './disk-signature.ts'

/** File systems whose kind takes more than one constant to tell. */
export function probeFilesystems(device: DeviceBytes): DiskSignature[] {
  const probes = [probeExt, probeFat, probeBtrfs, probeGfs, probeLuks]
  return probes.flatMap((probe) => probe(device) ?? [])
}

const extentsFlag = 0x40
const journalFlag = 0x4
const journalDeviceFlag = 0x8

/** The superblock at 1024; linux/Documentation/filesystems/ext4/super.rst. */
function probeExt(device: DeviceBytes): DiskSignature | undefined {
  const block = device.at(1024, 264)
  if (block === undefined || unsigned(block, 56, 2) !== 0xef53) return undefined
  const incompatible = unsigned(block, 96, 4)
  const journal = (unsigned(block, 92, 4) & journalFlag) === 0 ? 'ext2' : 'ext3'
  const plain = (incompatible & extentsFlag) === 0 ? journal : 'ext4'
  const kind = (incompatible & journalDeviceFlag) === 0 ? plain : 'jbd'
  return signature(kind, {
    label: labelOf(block.subarray(120, 136)),
    uuid: uuidOf(block.subarray(104, 120)),
  })
}

/** The boot sector of FAT12, FAT16 or FAT32; its type text alone would also stand in a boot loader. */
function probeFat(device: DeviceBytes): DiskSignature | undefined {
  const sector = device.at(0, 512)
  if (sector === undefined || unsigned(sector, 510, 2) !== 0xaa55) return undefined
  const isFat32 = latin1Text(sector.subarray(82, 87)) === 'FAT32'
  if (!isFat32 && latin1Text(sector.subarray(54, 57)) !== 'FAT') return undefined
  const label = labelOf(isFat32 ? sector.subarray(71, 82) : sector.subarray(43, 54))
  return signature('vfat', { label: label === 'NO NAME' ? undefined : label })
}

/** The superblock at 64 KiB; one file system may lie on many devices. */
function probeBtrfs(device: DeviceBytes): DiskSignature | undefined {
  const block = device.at(0x1_0000, 0x22b)
  if (block === undefined || latin1Text(block.subarray(0x40, 0x48)) !== '_BHRfS_M') return undefined
  const uuid = uuidOf(block.subarray(0x20, 0x30))
  const label = labelOf(block.subarray(0x12b, 0x22b))
  const members = unsigned(block, 0x88, 4)
  const set = members > 1 ? { id: `btrfs ${uuid ?? ''}`, members } : undefined
  return signature('btrfs', { label, uuid, set })
}

const gfsLockTable = [160, 224] as const

/** GFS and GFS2: magic, type 1 and the format, big-endian, at 64 KiB. */
function probeGfs(device: DeviceBytes): DiskSignature | undefined {
  const block = device.at(0x1_0000, 272)
  if (block === undefined || unsigned(block, 0, 4, 'big') !== 0x0116_1970) return undefined
  if (unsigned(block, 4, 4, 'big') !== 1) return undefined
  const isGfs2 = unsigned(block, 24, 4, 'big') >= 1800
  return signature(isGfs2 ? 'gfs2' : 'gfs', {
    label: labelOf(block.subarray(...gfsLockTable)),
    uuid: isGfs2 ? uuidOf(block.subarray(256, 272)) : undefined,
    sharedBy: 'a cluster file system',
  })
}

/** LUKS 1 and 2 share magic, version and the place of the UUID's text; only 2 has a label. */
function probeLuks(device: DeviceBytes): DiskSignature | undefined {
  const header = device.at(0, 208)
  if (header === undefined || latin1Text(header.subarray(0, 6)) !== 'LUKS\xba\xbe') return undefined
  const label = unsigned(header, 6, 2, 'big') === 2 ? labelOf(header.subarray(24, 72)) : undefined
  return signature('crypto_LUKS', { label, uuid: labelOf(header.subarray(168, 208)) })
}
