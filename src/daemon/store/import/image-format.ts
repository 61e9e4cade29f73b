/** What an image file turns out to be, whatever its name says. */
export type ImageFormat = 'raw' | 'gzip' | 'zstd'

interface Magic {
  readonly name: string
  readonly offset: number
  readonly bytes: readonly number[]
}

const ascii = (text: string) => Array.from(text, (character) => character.charCodeAt(0))

/** Formats that are no raw disk: written as they are, the machine would not boot (or worse). */
const refused: readonly Magic[] = [
  { name: 'qcow2', offset: 0, bytes: [...ascii('QFI'), 0xfb] },
  { name: 'VMDK', offset: 0, bytes: ascii('KDMV') },
  { name: 'VMDK descriptor', offset: 0, bytes: ascii('# Disk DescriptorFile') },
  { name: 'VHD', offset: 0, bytes: ascii('conectix') },
  { name: 'VHDX', offset: 0, bytes: ascii('vhdxfile') },
  { name: 'VDI', offset: 0x40, bytes: [0x7f, 0x10, 0xda, 0xbe] },
  { name: 'QED', offset: 0, bytes: [...ascii('QED'), 0] },
  { name: 'LUKS', offset: 0, bytes: [...ascii('LUKS'), 0xba, 0xbe] },
  { name: 'xz', offset: 0, bytes: [0xfd, ...ascii('7zXZ'), 0] },
  { name: 'bzip2', offset: 0, bytes: ascii('BZh') },
  { name: 'zip', offset: 0, bytes: [...ascii('PK'), 3, 4] },
  { name: 'squashfs', offset: 0, bytes: ascii('hsqs') },
  { name: 'tar', offset: 257, bytes: ascii('ustar') },
  { name: 'ISO 9660', offset: 0x8001, bytes: ascii('CD001') },
]

const compressed: readonly (Magic & { name: ImageFormat })[] = [
  { name: 'gzip', offset: 0, bytes: [0x1f, 0x8b] },
  { name: 'zstd', offset: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] },
]

/** As much of the beginning as every magic number needs. */
export const sniffBytes = 0x8006

/** The outer format of a file that begins with `start`. */
export function sniffImageFormat(start: Uint8Array): ImageFormat {
  return compressed.find((magic) => carries(start, magic))?.name ?? 'raw'
}

/**
 * Name of a format that must not be taken for a raw disk; undefined when `start` may be one. A hybrid
 * ISO that also carries a partition table counts as ISO 9660: it is an installer, not a system.
 */
export function foreignFormat(start: Uint8Array): string | undefined {
  return [...refused, ...compressed].find((magic) => carries(start, magic))?.name
}

function carries(start: Uint8Array, { offset, bytes }: Magic): boolean {
  return bytes.every((byte, index) => start[offset + index] === byte)
}
