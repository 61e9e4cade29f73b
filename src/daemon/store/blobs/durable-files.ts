import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes what was renamed into or removed from a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}

/** Writes a whole file, or leaves the old one: temporary file, fsync, rename, fsync of the directory. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const draft = `${path}.new`
  {
    await using file = await open(draft, 'w')
    await file.writeFile(text)
    await file.sync()
  }
  await rename(draft, path)
  await syncDirectory(dirname(path))
}

/** For `catch`: a file that is not there is undefined, any other failure stays one. */
export function absentFile(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
  return undefined
}
