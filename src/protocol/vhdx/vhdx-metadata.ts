import { latin1Text } from '../../base/ascii.ts'
import { toHex } from '../../base/hex.ts'

export type VhdxReading =
  | { readonly ok: true; readonly virtualBytes: number }
  | { readonly ok: false; readonly reason: string }

/** Bytes at a place of the file; fewer when it ends before. */
export type ReadAt = (offset: number, bytes: number) => Promise<Uint8Array>

const regionTableOffset = 192 * 1024
const tableBytes = 64 * 1024
/** GUIDs as they stand in the file, their first three parts little-endian. */
const metadataRegion = '06a27c8b90479a4bb8fe575f050f886e'
const fileParameters = '3767a1ca36fa434db3b633f0aa44e76b'
const virtualDiskSize = '2442a52f1bcd7648b2115dbed83bf4b8'
/** Both tables hold entries of 32 bytes; a file has a handful. */
const entryBytes = 32
const maximumEntries = 64

/**
 * Follows a VHDX's region table to its metadata and refuses a disk that builds on a parent.
 * Source: Microsoft, [MS-VHDX] §2.2.3 "Region Table", §2.6 "Metadata Region"; little-endian.
 */
export async function readVhdxMetadata(readAt: ReadAt): Promise<VhdxReading> {
  const identifier = await readAt(0, 8)
  if (latin1Text(identifier) !== 'vhdxfile') return refuse('is no VHDX file')
  const regions = viewOf(await readAt(regionTableOffset, tableBytes))
  if (regions.byteLength < tableBytes || regions.getUint32(0, true) !== 0x6967_6572) {
    return refuse('has no region table')
  }
  const metadataEntry = findEntry(regions, 16, regions.getUint32(8, true), metadataRegion)
  if (metadataEntry === undefined) return refuse('has no metadata region')
  const metadataOffset = wide(regions, metadataEntry + 16)
  const table = viewOf(await readAt(metadataOffset, tableBytes))
  if (table.byteLength < tableBytes || latin1Text(bytesOf(table, 0, 8)) !== 'metadata') {
    return refuse('has no metadata table')
  }
  const item = async (guid: string, bytes: number) => {
    const entry = findEntry(table, 32, table.getUint16(10, true), guid)
    if (entry === undefined) return undefined
    const found = await readAt(metadataOffset + table.getUint32(entry + 16, true), bytes)
    return found.length === bytes ? viewOf(found) : undefined
  }
  const parameters = await item(fileParameters, 8)
  if (parameters === undefined) return refuse('has no file parameters')
  if ((parameters.getUint32(4, true) & 2) !== 0) return refuse('names a parent file')
  const size = await item(virtualDiskSize, 8)
  const virtualBytes = size === undefined ? 0 : wide(size, 0)
  if (virtualBytes === 0 || virtualBytes % 512 !== 0 || !Number.isSafeInteger(virtualBytes)) {
    return refuse(`says it holds ${virtualBytes} bytes`)
  }
  return { ok: true, virtualBytes }
}

function findEntry(
  table: DataView,
  first: number,
  entries: number,
  guid: string,
): number | undefined {
  for (let index = 0; index < Math.min(entries, maximumEntries); index++) {
    const offset = first + index * entryBytes
    if (toHex(bytesOf(table, offset, 16)) === guid) return offset
  }
  return undefined
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function bytesOf(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length)
}

function wide(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
