import { asciiBytes } from '../../base/ascii.ts'
import type { ArchiveEntry } from './archive-entry.ts'
import { withParentDirectories } from './with-parent-directories.ts'

/** `S_IFMT` bits, inode(7). */
const fileTypes: Readonly<Record<ArchiveEntry['type'], number>> = {
  directory: 0o040000,
  file: 0o100000,
  symlink: 0o120000,
  'character-device': 0o020000,
  'block-device': 0o060000,
}

const nothing = new Uint8Array(0)
const trailer = 'TRAILER!!!'

/**
 * Encodes an initramfs archive (`newc`, linux/Documentation/driver-api/early-userspace/buffer-format.rst)
 * piece by piece. Equal entries give equal bytes whatever their order: members are sorted by path,
 * numbered from 1, owned by root and dated 0, and parent folders that are not listed are added.
 *
 *     "070701" inode mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
 *              (8 upper-case hex digits each), name, NUL, zeros to 4 bytes, contents, zeros to 4 bytes
 *
 * @throws {RangeError} on a path that is not plain relative ASCII, or that appears twice
 */
export function* encodeNewc(entries: Iterable<ArchiveEntry>): Generator<Uint8Array> {
  let inode = 0
  for (const entry of withParentDirectories(entries)) {
    inode++
    const contents = contentsOf(entry)
    yield header(entry, inode, contents.length)
    yield contents
    yield padding(contents.length)
  }
  yield headerBytes(trailer, [0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
}

function contentsOf(entry: ArchiveEntry): Uint8Array {
  if (entry.type === 'file') return entry.bytes
  return entry.type === 'symlink' ? asciiBytes(entry.target) : nothing
}

function header(entry: ArchiveEntry, inode: number, sizeBytes: number): Uint8Array {
  const isDevice = entry.type === 'character-device' || entry.type === 'block-device'
  const [major, minor] = isDevice ? [entry.major, entry.minor] : [0, 0]
  const mode = fileTypes[entry.type] | permissionsOf(entry)
  const links = entry.type === 'directory' ? 2 : 1
  return headerBytes(entry.path, [inode, mode, 0, 0, links, 0, sizeBytes, 0, 0, major, minor])
}

function permissionsOf(entry: ArchiveEntry): number {
  if (entry.type === 'symlink') return 0o777
  return entry.mode ?? (entry.type === 'directory' ? 0o755 : 0o644)
}

function headerBytes(name: string, fields: readonly number[]): Uint8Array {
  const digits = [...fields, name.length + 1, 0]
    .map((value) => value.toString(16).toUpperCase().padStart(8, '0'))
    .join('')
  const text = `070701${digits}${name}\0`
  return asciiBytes(text.padEnd(text.length + (-text.length & 3), '\0'))
}

function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3)
}
