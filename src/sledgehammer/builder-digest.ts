import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folders whose files decide what a build looks like. */
const folders = ['.', '../protocol/cpio'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** A sha256 in hex over this builder's own files and their names. */
export async function digestOfBuilder(): Promise<string> {
  const hash = createHash('sha256')
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    const files = entries.filter((entry) => entry.isFile())
    const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort()
    for (const path of paths) {
      const bytes = await readFile(path)
      hash.update(`${path.slice(folder.length)} ${bytes.length}\n`).update(bytes)
    }
  }
  return hash.digest('hex')
}
