import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { type Digest, digestFromBytes, digestHex } from '../../../base/digest.ts'
import { BootFileMissingError } from './boot-file-errors.ts'
import type { BootFile, BootFileRoute } from './boot-file.ts'
import { memoryBootFile } from './memory-boot-file.ts'

/** `undionly.kpxe` for BIOS, `snponly.efi` for UEFI through the card's own driver, `ipxe.efi` with iPXE's drivers. */
const fileNames = ['undionly.kpxe', 'snponly.efi', 'ipxe.efi'] as const

export interface IpxeBinaries {
  /** Answers `ipxe/NAME`. */
  readonly route: BootFileRoute
  /** What is served, by file name: for the record of what machines were given. */
  readonly digests: ReadonlyMap<string, Digest>
}

/**
 * Reads iPXE's network boot programs into memory (about 1 MB), so that what is served is what was
 * hashed. `directory` is where Debian's package `ipxe` puts them.
 *
 * @throws {BootFileMissingError} when one of them cannot be read
 */
export async function loadIpxeBinaries(directory = '/usr/lib/ipxe'): Promise<IpxeBinaries> {
  const files = new Map<string, BootFile>()
  const digests = new Map<string, Digest>()
  for (const fileName of fileNames) {
    const { bytes, modifiedAtMs } = await readBinary(join(directory, fileName))
    const digest = digestFromBytes(createHash('sha256').update(bytes).digest())
    digests.set(fileName, digest)
    const contentType = fileName.endsWith('.efi') ? 'application/efi' : 'application/octet-stream'
    const etag = `"${digestHex(digest)}"`
    files.set(`ipxe/${fileName}`, memoryBootFile(bytes, { contentType, etag, modifiedAtMs }))
  }
  return { route: async ({ path }) => files.get(path), digests }
}

async function readBinary(path: string): Promise<{ bytes: Buffer; modifiedAtMs: number }> {
  try {
    return { bytes: await readFile(path), modifiedAtMs: (await stat(path)).mtimeMs }
  } catch (error) {
    throw new BootFileMissingError(path, "Install Debian's package ipxe: apt install ipxe", error)
  }
}
