import { ImageTooSmallError } from '../errors.ts'

const sectorBytes = 512

/** Where GRUB's first sector keeps its facts (`grub-core/boot/i386/pc/boot.S`). */
const kernelSectorOffset = 0x5c
const bootDriveOffset = 0x64
const driveCheckOffset = 0x66
/** The part of sector 0 that is code; the partition entries of the protective record follow. */
const bootCodeBytes = 440

/** The last block list of core.img's first sector: start sector (8 bytes), count, segment. */
const blockListOffset = 0x1f4

export interface BiosBootImages {
  /** GRUB's boot.img: one sector. */
  readonly bootImage: Uint8Array
  /** What grub-mkimage made for i386-pc. */
  readonly coreImage: Uint8Array
  /** First sector of the BIOS boot partition. */
  readonly coreLba: number
  readonly partitionBytes: number
}

/**
 * Ties GRUB's two images together by sector number, as grub-bios-setup does on a real disk: sector 0
 * loads the core's first sector, which loads the rest behind it.
 *
 * @throws {ImageTooSmallError} when the core is larger than its partition
 * @throws {RangeError} when an image is not what GRUB 2 makes
 */
export function linkBiosBoot(images: BiosBootImages): { bootCode: Uint8Array; core: Uint8Array } {
  const { bootImage, coreImage, coreLba, partitionBytes } = images
  if (coreImage.length > partitionBytes) {
    throw new ImageTooSmallError(`GRUB's core has ${coreImage.length} bytes, of ${partitionBytes}`)
  }
  return { bootCode: linkBootSector(bootImage, coreLba), core: linkCore(coreImage, coreLba) }
}

function linkBootSector(bootImage: Uint8Array, coreLba: number): Uint8Array {
  if (bootImage.length !== sectorBytes) throw new RangeError('boot.img is not one sector')
  const code = bootImage.slice(0, bootCodeBytes)
  const view = new DataView(code.buffer)
  view.setBigUint64(kernelSectorOffset, BigInt(coreLba), true)
  // 0xff: the drive the BIOS booted from.
  code[bootDriveOffset] = 0xff
  // Two NOPs for the jump: a BIOS that passes a wrong drive number is put right on hard disks.
  code.set([0x90, 0x90], driveCheckOffset)
  return code
}

function linkCore(coreImage: Uint8Array, coreLba: number): Uint8Array {
  const core = coreImage.slice()
  const view = new DataView(core.buffer)
  const restSectors = Math.ceil(core.length / sectorBytes) - 1
  if (core.length < sectorBytes || view.getUint16(blockListOffset + 8, true) !== restSectors) {
    throw new RangeError('core.img does not count its own sectors')
  }
  view.setBigUint64(blockListOffset, BigInt(coreLba + 1), true)
  return core
}
