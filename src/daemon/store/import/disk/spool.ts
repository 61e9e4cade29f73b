import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { requireSpace, writingInto } from '../../blobs/image-space.ts'

/** A file that is kept only while it is read: its format has to be read out of order. */
export interface SpooledFile extends AsyncDisposable {
  readonly path: string
  readonly handle: FileHandle
  readonly sizeBytes: number
}

/** Removes what interrupted imports have left. Only for the process that holds the data directory. */
export async function sweepSpool(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
}

/**
 * Writes `source` into a new file of `directory`. Whoever gets it disposes it, which removes it.
 *
 * @throws {ImageSpaceError} when too little space would be left
 */
export async function spool(
  source: AsyncIterable<Uint8Array>,
  directory: string,
): Promise<SpooledFile> {
  await using cleanup = new AsyncDisposableStack()
  const file = cleanup.use(await emptySpooledFile(directory))
  let sizeBytes = 0
  for await (const part of source) {
    // The images that are stored do not count: what is spooled goes away again.
    await requireSpace(directory, part.length, 0, {})
    await writingInto(() => file.handle.appendFile(part))
    sizeBytes += part.length
  }
  cleanup.move()
  return { ...file, sizeBytes }
}

/** An empty file, for a child to write to. */
export async function emptySpooledFile(directory: string): Promise<SpooledFile> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, randomUUID())
  const handle = await open(path, 'wx+', 0o600)
  const dispose = async () => {
    await handle.close()
    await rm(path, { force: true })
  }
  return { path, handle, sizeBytes: 0, [Symbol.asyncDispose]: dispose }
}
