import { asciiBytes } from '../../base/ascii.ts'

/** Size of one directory entry. */
export const directoryBytes = 32

export interface FatDirectoryEntry {
  readonly name: string
  readonly kind: 'file' | 'directory'
  /** 0 for a directory. */
  readonly sizeBytes: number
  /** 0 for an empty file, and for the root directory. */
  readonly firstCluster: number
}

/** 1980-01-01, the first day FAT knows: the same contents give the same bytes on any day. */
const firstDay = (1 << 5) | 1

/** A root directory: the label, then each entry as its long name and a short alias (FAT specification §6, §7). */
export function encodeRootDirectory(
  label: string,
  entries: readonly FatDirectoryEntry[],
): Uint8Array {
  if (!/^[A-Z0-9_-]{1,11}$/.test(label)) throw new RangeError(`not a volume label: ${label}`)
  const nowhere = { sizeBytes: 0, firstCluster: 0 }
  return joined([encodeEntry(asciiBytes(label.padEnd(11)), 0x08, nowhere), ...named(entries)])
}

/** A directory below the root: itself, the one above, then its entries (FAT specification §6.5). */
export function encodeSubdirectory(
  ownCluster: number,
  parentCluster: number,
  entries: readonly FatDirectoryEntry[],
): Uint8Array {
  const link = (name: string, firstCluster: number) =>
    encodeEntry(asciiBytes(name.padEnd(11)), directoryAttribute, { sizeBytes: 0, firstCluster })
  return joined([link('.', ownCluster), link('..', parentCluster), ...named(entries)])
}

/** How long {@link encodeSubdirectory} will be: known before any cluster is. */
export function subdirectoryBytes(names: readonly string[]): number {
  const longEntries = names.map((name) => Math.ceil(name.length / unitOffsets.length))
  const count = longEntries.reduce((sum, pieces) => sum + pieces + 1, 2)
  return count * directoryBytes
}

const directoryAttribute = 0x10
const archiveAttribute = 0x20

function named(entries: readonly FatDirectoryEntry[]): Uint8Array[] {
  return entries.flatMap((entry, index) => encodeNamed(entry, index + 1))
}

function joined(entries: readonly Uint8Array[]): Uint8Array {
  const directory = new Uint8Array(entries.length * directoryBytes)
  entries.forEach((entry, index) => directory.set(entry, index * directoryBytes))
  return directory
}

function encodeNamed(file: FatDirectoryEntry, number: number): Uint8Array[] {
  if (!/^[\x20-\x7e]{1,255}$/.test(file.name) || /["*/:<>?\\|]|[. ]$/.test(file.name)) {
    throw new RangeError(`not a file name: ${file.name.slice(0, 40)}`)
  }
  const alias = asciiBytes(`FILE~${number}`.padEnd(11))
  const attribute = file.kind === 'directory' ? directoryAttribute : archiveAttribute
  return [...encodeLongName(file.name, alias), encodeEntry(alias, attribute, file)]
}

function encodeEntry(
  name: Uint8Array,
  attributes: number,
  file: Pick<FatDirectoryEntry, 'sizeBytes' | 'firstCluster'>,
): Uint8Array {
  const entry = new Uint8Array(directoryBytes)
  const view = new DataView(entry.buffer)
  entry.set(name)
  view.setUint8(11, attributes)
  view.setUint16(16, firstDay, true)
  view.setUint16(18, firstDay, true)
  view.setUint16(24, firstDay, true)
  view.setUint16(26, file.firstCluster, true)
  view.setUint32(28, file.sizeBytes, true)
  return entry
}

/** Where the 13 UTF-16 units of a long-name entry stand. */
const unitOffsets = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30]

/** The last piece comes first, marked 0x40; each carries the checksum of the short alias. */
function encodeLongName(name: string, alias: Uint8Array): Uint8Array[] {
  const pieces = Math.ceil(name.length / unitOffsets.length)
  const checksum = alias.reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0)
  return Array.from({ length: pieces }, (_, place) => {
    const order = pieces - place
    const entry = new Uint8Array(directoryBytes)
    const view = new DataView(entry.buffer)
    view.setUint8(0, place === 0 ? order | 0x40 : order)
    view.setUint8(11, 0x0f)
    view.setUint8(13, checksum)
    unitOffsets.forEach((offset, index) => {
      const at = (order - 1) * unitOffsets.length + index
      const unit = at < name.length ? name.charCodeAt(at) : at === name.length ? 0 : 0xffff
      view.setUint16(offset, unit, true)
    })
    return entry
  })
}
