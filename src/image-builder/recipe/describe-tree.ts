import { createHash } from 'node:crypto'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** One line for each file below `directory`, in the order of their paths: path, mode and content. */
export async function describeTree(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = entries.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
  paths.sort((left, right) => (left.path < right.path ? -1 : 1))
  const lines: string[] = []
  for (const { entry, path } of paths) {
    const name = path.slice(directory.length)
    if (entry.isSymbolicLink()) lines.push(`${name} -> ${await readlink(path)}`)
    if (!entry.isFile()) continue
    const content = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    const { mode } = await stat(path)
    lines.push(`${name} ${(mode & 0o100) === 0 ? 'plain' : 'executable'} ${content}`)
  }
  return lines
}
