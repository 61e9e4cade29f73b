import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

import { BootFileTruncatedError } from './boot-file-errors.ts'
import type { BootFile } from './boot-file.ts'
import type { BootFileFacts } from './memory-boot-file.ts'

/**
 * Opens a file of ours for one transfer; undefined when there is none. The descriptor is held, so a
 * file that is replaced by rename meanwhile is sent to its end as it was. Without an `etag` in
 * `facts` the tag is made of inode, size and time of change.
 */
export async function openDiskBootFile(
  path: string,
  facts: BootFileFacts,
): Promise<BootFile | undefined> {
  const handle = await openIfThere(path)
  if (handle === undefined) return undefined
  const stat = await handle.stat({ bigint: true })
  if (!stat.isFile()) {
    await handle.close()
    return undefined
  }
  return {
    etag: `"${stat.ino.toString(16)}-${stat.size.toString(16)}-${stat.mtimeNs.toString(16)}"`,
    modifiedAtMs: Number(stat.mtimeMs),
    ...facts,
    sizeBytes: Number(stat.size),
    read: (offset, length, into) => readExactly(handle, path, offset, length, into),
    close: () => handle.close(),
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    // A link might lead anywhere: it counts as no file.
    if (['ENOENT', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

async function readExactly(
  handle: FileHandle,
  path: string,
  offset: number,
  length: number,
  into: Uint8Array = new Uint8Array(length),
): Promise<Uint8Array> {
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(into, filled, length - filled, offset + filled)
    if (bytesRead === 0) throw new BootFileTruncatedError(path, offset + length)
    filled += bytesRead
  }
  return into.subarray(0, length)
}
