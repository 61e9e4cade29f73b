import { BootFileTruncatedError } from './boot-file-errors.ts'
import type { BootFile } from './boot-file.ts'

export type BootFileFacts = Pick<BootFile, 'contentType' | 'etag' | 'modifiedAtMs' | 'cacheControl'>

/** Bytes in memory as a boot file; the views that `read` returns must not be changed. */
export function memoryBootFile(bytes: Uint8Array, facts: BootFileFacts): BootFile {
  return {
    ...facts,
    sizeBytes: bytes.length,
    read: async (offset, length) => {
      if (offset + length > bytes.length) throw new BootFileTruncatedError('memory', length)
      return bytes.subarray(offset, offset + length)
    },
    close: async () => {},
  }
}
