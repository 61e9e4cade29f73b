import type { ImportFormat } from '../../../../contract/import-provenance.ts'
import { readVhdFooter, vhdFooterBytes } from '../../../../protocol/vhd/vhd-footer.ts'
import { readVhdxMetadata } from '../../../../protocol/vhdx/vhdx-metadata.ts'
import { readVmdkHeader, vmdkHeaderBytes } from '../../../../protocol/vmdk/vmdk-header.ts'
import { ImageDamagedError, ImageTooLargeError, ImageUnsafeError } from '../errors.ts'
import { convertConfined, type QemuDriver } from './confined-convert.ts'
import { readQcow2Disk } from './qcow2-disk.ts'
import { readAt, readParts } from './read-at.ts'
import { emptySpooledFile, type SpooledFile } from './spool.ts'

export const diskFormats = ['qcow2', 'vmdk', 'vhd', 'vhdx'] as const
/** A disk in a form of its own, which has to be read out of order. */
export type DiskFormat = (typeof diskFormats)[number]

export function isDiskFormat(format: ImportFormat): format is DiskFormat {
  return (diskFormats as readonly ImportFormat[]).includes(format)
}

export interface Unfolding {
  readonly file: SpooledFile
  readonly spoolDirectory: string
  readonly largestBytes: number
  readonly signal?: AbortSignal | undefined
}

/**
 * The raw disk that `file` stands for. Its header is inspected before anything else reads it.
 *
 * @throws {ImageUnsafeError} when it is not a disk of its own
 * @throws {ImageTooLargeError} when the disk would be larger than `largestBytes`
 */
export function unfold(format: DiskFormat, unfolding: Unfolding): AsyncIterable<Uint8Array> {
  switch (format) {
    case 'qcow2':
      return readQcow2Disk(unfolding.file, unfolding.largestBytes)
    case 'vmdk':
      return unfoldVmdk(unfolding)
    case 'vhd':
      return unfoldVhd(unfolding)
    case 'vhdx':
      break
  }
  return unfoldVhdx(unfolding)
}

async function* unfoldVmdk(unfolding: Unfolding): AsyncGenerator<Uint8Array> {
  const reading = readVmdkHeader(await readAt(unfolding.file.handle, 0, vmdkHeaderBytes))
  if (!reading.ok) throw new ImageUnsafeError('VMDK', reading.reason)
  yield* convert('vmdk', reading.virtualBytes, unfolding)
}

async function* unfoldVhd(unfolding: Unfolding): AsyncGenerator<Uint8Array> {
  const { handle, sizeBytes } = unfolding.file
  const footerOffset = Math.max(0, sizeBytes - vhdFooterBytes)
  const reading = readVhdFooter(await readAt(handle, footerOffset, vhdFooterBytes))
  if (!reading.ok) throw new ImageUnsafeError('VHD', reading.reason)
  if (reading.kind === 'dynamic') {
    yield* convert('vpc', reading.virtualBytes, unfolding)
    return
  }
  if (reading.virtualBytes !== footerOffset) {
    throw new ImageUnsafeError('VHD', `says it holds ${reading.virtualBytes} bytes`)
  }
  yield* readParts(handle, footerOffset)
}

async function* unfoldVhdx(unfolding: Unfolding): AsyncGenerator<Uint8Array> {
  const { handle, sizeBytes } = unfolding.file
  const reading = await readVhdxMetadata(async (offset, bytes) =>
    offset < sizeBytes ? readAt(handle, offset, bytes) : new Uint8Array(0),
  )
  if (!reading.ok) throw new ImageUnsafeError('VHDX', reading.reason)
  yield* convert('vhdx', reading.virtualBytes, unfolding)
}

async function* convert(
  driver: QemuDriver,
  virtualBytes: number,
  { file, spoolDirectory, largestBytes, signal }: Unfolding,
): AsyncGenerator<Uint8Array> {
  if (virtualBytes > largestBytes) throw new ImageTooLargeError(largestBytes)
  await using disk = await emptySpooledFile(spoolDirectory)
  const paths = { imagePath: file.path, rawPath: disk.path }
  await convertConfined({ driver, ...paths, virtualBytes, signal })
  const { size } = await disk.handle.stat()
  if (size !== virtualBytes)
    throw new ImageDamagedError(`it holds ${size} bytes, not ${virtualBytes}`)
  yield* readParts(disk.handle, size)
}
