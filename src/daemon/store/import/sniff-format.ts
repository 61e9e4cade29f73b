import type { ImportFormat } from '../../../contract/import-provenance.ts'
import { ImageFormatError } from './errors.ts'

/** What content turns out to be, whatever its name says. */
type SniffedFormat =
  | { readonly kind: 'known'; readonly format: ImportFormat }
  | { readonly kind: 'foreign'; readonly name: string; readonly remedy: string }

interface Magic {
  readonly offset: number
  readonly bytes: readonly number[]
}

const ascii = (text: string) => Array.from(text, (character) => character.charCodeAt(0))
const at = (offset: number, ...bytes: (string | number)[]): Magic => ({
  offset,
  bytes: bytes.flatMap((part) => (typeof part === 'string' ? ascii(part) : [part])),
})

const known: readonly (readonly [ImportFormat, Magic])[] = [
  ['gzip', at(0, 0x1f, 0x8b, 8)],
  ['xz', at(0, 0xfd, '7zXZ', 0)],
  ['zstd', at(0, 0x28, 0xb5, 0x2f, 0xfd)],
  ['bzip2', at(0, 'BZh')],
  ['qcow2', at(0, 'QFI', 0xfb)],
  ['vmdk', at(0, 'KDMV')],
  ['vhd', at(0, 'conectix')],
  ['vhdx', at(0, 'vhdxfile')],
]

const convert = 'convert it first: qemu-img convert -O raw'
const unpack = 'unpack it first'

/** Formats that are no disk: written as they are, the machine would not boot (or worse). */
const foreign: readonly (readonly [name: string, remedy: string, magic: Magic])[] = [
  [
    'the descriptor of a VMDK, its data is in other files',
    'make one file of it: qemu-img convert -O vmdk -o subformat=streamOptimized',
    at(0, '# Disk DescriptorFile'),
  ],
  ['a VMDK of ESX', convert, at(0, 'COWD')],
  ['VDI', convert, at(0x40, 0x7f, 0x10, 0xda, 0xbe)],
  ['QED', convert, at(0, 'QED', 0)],
  ['LUKS', 'import the disk that it is a partition of', at(0, 'LUKS', 0xba, 0xbe)],
  ['a zip archive', unpack, at(0, 'PK', 3, 4)],
  ['a 7z archive', unpack, at(0, '7z', 0xbc, 0xaf, 0x27, 0x1c)],
  ['lz4', unpack, at(0, 4, 0x22, 0x4d, 0x18)],
  ['squashfs', 'build an image from it: repave image build', at(0, 'hsqs')],
  [
    'a tar archive',
    'make a disk of the root file system in it: repave image build --root-tar FILE --name NAME',
    at(257, 'ustar'),
  ],
  ['an ELF program', 'name the image', at(0, 0x7f, 'ELF')],
  [
    'an exported image',
    'import the file itself: repave image import FILE',
    at(0, 'repave-image/1 '),
  ],
  ['WIM', convert, at(0, 'MSWIM')],
  ['ISO 9660', 'an installer is no system: import the disk image', at(0x8001, 'CD001')],
]

/** As much of the beginning as every magic number needs. */
export const sniffBytes = 0x8006

/**
 * The format of content that begins with `start`, which has to be `declared` where something was said.
 *
 * @throws {ImageFormatError} when it is something else, or no image
 */
export function acceptedFormat(start: Uint8Array, declared?: ImportFormat): ImportFormat {
  const sniffed = sniffFormat(start)
  if (sniffed.kind === 'foreign') {
    const { name, remedy } = sniffed
    throw new ImageFormatError(name, `this is ${name}, not a disk image`, remedy)
  }
  // A VHD of fixed size begins like the raw disk that it is, and says so only in its last sector.
  if (declared === 'vhd' && sniffed.format === 'raw') return 'vhd'
  if (declared !== undefined && declared !== sniffed.format) {
    throw new ImageFormatError(
      sniffed.format,
      `this is ${sniffed.format} by its content, not ${declared} as was said`,
      `--format ${sniffed.format}, or --opaque when these bytes are to be the disk as they are`,
    )
  }
  return sniffed.format
}

/**
 * The format of a file that begins with `start`; raw when nothing is known about it. A hybrid ISO that
 * also carries a partition table counts as ISO 9660: it is an installer, not a system.
 */
function sniffFormat(start: Uint8Array): SniffedFormat {
  const format = known.find(([, magic]) => carries(start, magic))?.[0]
  if (format !== undefined) return { kind: 'known', format }
  const [name, remedy] = foreign.find(([, , magic]) => carries(start, magic)) ?? []
  if (name !== undefined && remedy !== undefined) return { kind: 'foreign', name, remedy }
  if (
    /^\s*<(?:!doctype html|html)\b/i.test(Buffer.from(start.subarray(0, 256)).toString('latin1'))
  ) {
    return { kind: 'foreign', name: 'a web page', remedy: 'check the address' }
  }
  return { kind: 'known', format: 'raw' }
}

function carries(start: Uint8Array, { offset, bytes }: Magic): boolean {
  return bytes.every((byte, index) => start[offset + index] === byte)
}
