import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'

import { type Digest, digestFromBytes, digestHex } from '../../../base/digest.ts'
import { BootFileMissingError } from './boot-file-errors.ts'
import type { BootFile, BootFileRoute } from './boot-file.ts'
import { memoryBootFile } from './memory-boot-file.ts'

/** Network boot programs in memory, so that what is served is what was hashed. */
export interface BootProgramFiles {
  readonly route: BootFileRoute
  /** What is served, by path: for the record of what machines were given. */
  readonly digests: ReadonlyMap<string, Digest>
}

/**
 * Reads the programs, each served under its key.
 *
 * @param remedy what to do when one of them cannot be read
 * @param judge throws for a program that is not to be served
 * @throws {BootFileMissingError} when one cannot be read
 */
export async function readBootPrograms(
  paths: Readonly<Record<string, string>>,
  remedy: string,
  judge: (path: string, bytes: Uint8Array) => void = () => {},
): Promise<BootProgramFiles> {
  const files = new Map<string, BootFile>()
  const digests = new Map<string, Digest>()
  for (const [servedPath, path] of Object.entries(paths)) {
    const { bytes, modifiedAtMs } = await readProgram(path, remedy)
    judge(path, bytes)
    const digest = digestFromBytes(createHash('sha256').update(bytes).digest())
    digests.set(servedPath, digest)
    // EDK2's HTTP boot goes by this type (or by the name's end).
    const contentType = servedPath.endsWith('.efi') ? 'application/efi' : 'application/octet-stream'
    const etag = `"${digestHex(digest)}"`
    files.set(servedPath, memoryBootFile(bytes, { contentType, etag, modifiedAtMs }))
  }
  return { route: async ({ path }) => files.get(path), digests }
}

async function readProgram(
  path: string,
  remedy: string,
): Promise<{ bytes: Buffer; modifiedAtMs: number }> {
  try {
    return { bytes: await readFile(path), modifiedAtMs: (await stat(path)).mtimeMs }
  } catch (error) {
    throw new BootFileMissingError(path, remedy, error)
  }
}
