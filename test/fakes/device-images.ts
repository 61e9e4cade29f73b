import { asciiBytes } from '../../src/base/ascii.ts'

/** The start of a small device, with bytes at the offsets given. */
export function deviceImage(
  parts: readonly (readonly [offset: number, content: string | readonly number[]])[],
  sizeBytes = 0x21_0000,
): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  for (const [offset, content] of parts) {
    bytes.set(typeof content === 'string' ? asciiBytes(content) : content, offset)
  }
  return bytes
}

const lvmText =
  'vg0 {\nid = "abc-def"\nstatus = ["RESIZEABLE"]\nphysical_volumes {\n\npv0 {\nid = "x"\n}\n\npv1 {\nid = "y"\n}\n}\n\nlogical_volumes {\n\npv2 {\n}\n}\n}\n'

/** A physical volume of a group of two, as LVM lays it out: label, one data area, one metadata area. */
export const lvmVolume = deviceImage([
  [512, 'LABELONE'],
  [512 + 20, [32]],
  [512 + 24, 'LVM2 001'],
  [512 + 32, 'VOLUMEIDVOLUMEIDVOLUMEIDVOLUMEID'],
  [512 + 32 + 40, [0, 0, 0x10]],
  [512 + 32 + 40 + 32, [0, 0x10]],
  [4096 + 4, ' LVM2 x[5A%r0N*>'],
  [4096 + 40, [0, 2]],
  [4096 + 48, [lvmText.length & 0xff, lvmText.length >> 8]],
  [4096 + 512, lvmText],
])

/** One member of a mirror of two, superblock 1.2. */
export const mdMember = deviceImage([
  [4096, [0xfc, 0x4e, 0x2b, 0xa9, 1]],
  [4096 + 16, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]],
  [4096 + 32, 'rack:0'],
  [4096 + 92, [2]],
])

/** One member of a pool called `tank`, its first label whole. */
export const zfsMember = deviceImage([
  [16_384 + 12, [0, 0, 0, 36, 0, 0, 0, 36, 0, 0, 0, 4]],
  [16_384 + 24, 'name'],
  [16_384 + 28, [0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 4]],
  [16_384 + 40, 'tank'],
  [131_072, [0x0c, 0xb1, 0xba, 0]],
])
