import { open } from 'node:fs/promises'
import { join } from 'node:path'

import { CodedError } from '../../../base/coded-error.ts'
import type { SecretFiles } from '../../domain/seed/seed-role.ts'

/** A secret that others on this host can read is none. */
export class SecretExposedError extends CodedError {
  readonly code = 'ERR_SECRET_EXPOSED'
  readonly path: string

  constructor(path: string) {
    super(`${path} can be read by others than its owner`, { remedy: `chmod 600 ${path}` })
    this.path = path
  }
}

const longestBytes = 65_536

/** One secret a file, read anew each time: it is never kept, logged or stored. */
export function folderSecretFiles(directory: string): SecretFiles {
  return {
    async read(name) {
      const path = join(directory, name)
      try {
        await using file = await open(path, 'r')
        const { mode, size } = await file.stat()
        if ((mode & 0o077) !== 0) throw new SecretExposedError(path)
        if (size > longestBytes) return undefined
        return (await file.readFile('utf8')).replace(/\r?\n$/, '')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
        throw error
      }
    },
  }
}
