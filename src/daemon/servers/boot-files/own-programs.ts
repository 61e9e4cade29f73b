import { join } from 'node:path'

import type { BootFileRoute } from './boot-file.ts'
import { openDiskBootFile } from './disk-boot-file.ts'

/** Serves `programs/NAME`: boot programs that the operator put into that folder of the data directory. */
export function ownPrograms(directory: string): BootFileRoute {
  return async ({ path }) => {
    const name = /^programs\/([A-Za-z0-9_][A-Za-z0-9._-]{0,62})$/.exec(path)?.[1]
    if (name === undefined) return undefined
    const contentType = name.endsWith('.efi') ? 'application/efi' : 'application/octet-stream'
    return openDiskBootFile(join(directory, name), { contentType })
  }
}
