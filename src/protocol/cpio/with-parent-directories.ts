import type { ArchiveEntry } from './archive-entry.ts'

/**
 * The entries sorted by path in code-unit order, which puts every folder before what it holds, with
 * the folders added that no entry names: the kernel unpacks in order and makes no parents.
 *
 * @throws {RangeError} on a path that is not plain relative ASCII, or that appears twice
 */
export function withParentDirectories(entries: Iterable<ArchiveEntry>): ArchiveEntry[] {
  const byPath = new Map<string, ArchiveEntry>()
  for (const entry of entries) {
    if (!isPlainPath(entry.path)) throw new RangeError(`not a plain archive path: ${entry.path}`)
    if (byPath.has(entry.path)) throw new RangeError(`twice in the archive: ${entry.path}`)
    byPath.set(entry.path, entry)
  }
  for (const path of byPath.keys()) {
    const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0))
    if (parent !== '' && !byPath.has(parent))
      byPath.set(parent, { type: 'directory', path: parent })
  }
  return [...byPath.values()].sort((left, right) => (left.path < right.path ? -1 : 1))
}

function isPlainPath(path: string): boolean {
  const isPrintableAscii = /^[\u0021-\u007e]+$/.test(path)
  return isPrintableAscii && path.split('/').every((part) => !['', '.', '..'].includes(part))
}
