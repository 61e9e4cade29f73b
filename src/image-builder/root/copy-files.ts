import { chmod, copyFile, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Lays one tree over another: folders 0755, files 0644 or 0755 when their owner may run them, links as
 * they are, all owned by who runs this. What stands in the way of a file or link is replaced.
 *
 * @param isLeftOut told the absolute path in the target of each file and link
 */
export async function copyFilesOver(
  source: string,
  target: string,
  isLeftOut: (path: string) => boolean = () => false,
  folder = '',
): Promise<void> {
  for (const entry of await readdir(source, { withFileTypes: true })) {
    const from = join(source, entry.name)
    const to = join(target, entry.name)
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      const made = await mkdir(to, { recursive: true })
      if (made !== undefined) await chmod(to, 0o755)
      await copyFilesOver(from, to, isLeftOut, path)
    } else if (isLeftOut(path)) {
      continue
    } else if (entry.isSymbolicLink()) {
      await rm(to, { force: true })
      await symlink(await readlink(from), to)
    } else if (entry.isFile()) {
      await rm(to, { force: true })
      await copyFile(from, to)
      const { mode } = await lstat(from)
      await chmod(to, (mode & 0o100) === 0 ? 0o644 : 0o755)
    }
  }
}
