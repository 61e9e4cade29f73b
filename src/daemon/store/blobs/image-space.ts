import { statfs } from 'node:fs/promises'

import { formatByteSize, GIBIBYTE } from '../../../base/byte-size.ts'
import { ImageSpaceError } from './errors.ts'

export interface SpaceLimits {
  /** Stored bytes of all images together; by default as much as the file system has. */
  readonly maximumBytes?: number | undefined
}

/** The database needs room to go on when images have eaten the rest: a twentieth of the disk, at most this. */
const reserveBytes = GIBIBYTE

/**
 * Makes sure that so many more bytes may be stored in `folder`.
 *
 * @param storedBytes of all images, drafts included
 * @throws {ImageSpaceError}
 */
export async function requireSpace(
  folder: string,
  moreBytes: number,
  storedBytes: number,
  { maximumBytes = Number.POSITIVE_INFINITY }: SpaceLimits,
): Promise<void> {
  const { bsize, blocks, bavail } = await statfs(folder)
  const freeBytes = bavail * bsize
  const reserve = Math.min(reserveBytes, (blocks * bsize) / 20)
  if (storedBytes + moreBytes > maximumBytes) {
    throw new ImageSpaceError(
      freeBytes,
      `all images together may take ${formatByteSize(maximumBytes)} (images.maximumBytes), and have`,
    )
  }
  if (freeBytes - moreBytes < reserve) {
    throw new ImageSpaceError(
      freeBytes,
      `${formatByteSize(freeBytes)} are free, and ${formatByteSize(reserve)} of them are kept for the database`,
    )
  }
}

/**
 * Writes to a file system that others fill as well: what was free a moment ago may be gone.
 *
 * @throws {ImageSpaceError} in the place of ENOSPC and EDQUOT
 */
export async function writingInto<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write()
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
    throw new ImageSpaceError(0, 'the file system is full')
  }
}
