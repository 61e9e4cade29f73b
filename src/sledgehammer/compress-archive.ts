import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import type { ArchiveEntry } from '../protocol/cpio/archive-entry.ts'
import { encodeNewc } from '../protocol/cpio/encode-newc.ts'

/** Beyond this level the time grows tenfold for a tenth of the size. */
const compressionLevel = 9

/**
 * One zstd frame that holds a cpio archive. Single-threaded and at a fixed level, by the pinned Node's
 * own zstd: equal entries give equal bytes. The kernel unpacks several such frames one after the other.
 */
export async function compressArchive(entries: Iterable<ArchiveEntry>): Promise<Uint8Array> {
  const archive = Buffer.concat([...encodeNewc(entries)])
  return promisify(zstdCompress)(archive, {
    params: {
      [constants.ZSTD_c_compressionLevel]: compressionLevel,
      [constants.ZSTD_c_nbWorkers]: 0,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
  })
}
