/**
 * The header of a qcow2 file, read against an allow-list: whatever could make a reader open another
 * file, or has a meaning that is not known here, is a reason to refuse.
 * Source: QEMU, docs/interop/qcow2.txt, "Header" and "Header extensions".
 *
 *      0  magic      4  version     8  backing file offset   16  backing file size
 *     20  cluster bits             24  size                  32  encryption
 *     36  L1 entries               40  L1 offset             60  snapshots
 *     72  incompatible features   100  header length        104  compression type
 */
export interface Qcow2Header {
  readonly version: 2 | 3
  /** 9 to 21: a cluster has 2^bits bytes. */
  readonly clusterBits: number
  /** Of the disk inside; whole 512-byte sectors. */
  readonly virtualBytes: number
  readonly l1Offset: number
  readonly l1Entries: number
  readonly compression: 'zlib' | 'zstd'
}

export type Qcow2HeaderReading =
  | { readonly ok: true; readonly header: Qcow2Header }
  | { readonly ok: false; readonly reason: string }

/** As much of the file as holds header and extensions: the smallest cluster there may be is 512 bytes. */
export const qcow2HeaderBytes = 4096

/** QEMU's own limit for the table of tables. */
const maximumL1Bytes = 32 * 1024 * 1024

/** Header extensions that say nothing about where data is: names of features, and bitmaps of changes. */
const harmlessExtensions: readonly number[] = [0x6803_f857, 0x2385_2875]
const extensionNames: Readonly<Record<number, string>> = {
  0xe279_2aca: 'names the format of a backing file',
  0x4441_5441: 'keeps its data in another file',
  0x0537_be77: 'is encrypted',
}

const incompatibleFeatures = [
  'was not closed cleanly',
  'is marked as corrupt',
  'keeps its data in another file',
  undefined,
  'has extended L2 entries',
] as const
const compressionTypeBit = 3

/** Reads the first {@link qcow2HeaderBytes} of a file of `fileBytes`. Any bytes give a header or a reason. */
export function readQcow2Header(start: Uint8Array, fileBytes: number): Qcow2HeaderReading {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (start.length < 104 || view.getUint32(0) !== 0x5146_49fb) return refuse('is no qcow2 file')
  const version = view.getUint32(4)
  if (version !== 2 && version !== 3) return refuse(`has version ${version}`)
  if (wide(view, 8) !== 0 || view.getUint32(16) !== 0) return refuse('names a backing file')
  if (view.getUint32(32) !== 0) return refuse('is encrypted')
  const features = readFeatures(view, version)
  if (!features.ok) return features
  const extensionFault = findExtensionFault(view, features.headerBytes)
  if (extensionFault !== undefined) return refuse(extensionFault)
  const geometry = readGeometry(view, fileBytes)
  if (!geometry.ok) return geometry
  return {
    ok: true,
    header: { version, compression: features.compression, ...geometry.geometry },
  }
}

function readFeatures(view: DataView, version: 2 | 3) {
  if (version === 2) return { ok: true, headerBytes: 72, compression: 'zlib' } as const
  const low = view.getUint32(76)
  for (const [bit, meaning] of incompatibleFeatures.entries()) {
    if (meaning !== undefined && (low >>> bit) % 2 === 1) return refuse(meaning)
  }
  const known = 2 ** compressionTypeBit
  if (view.getUint32(72) !== 0 || (low !== 0 && low !== known)) {
    return refuse('uses a feature that is not known here')
  }
  const headerBytes = view.getUint32(100)
  if (headerBytes < 104 || headerBytes % 8 !== 0 || headerBytes > view.byteLength) {
    return refuse(`has a header of ${headerBytes} bytes`)
  }
  const type = headerBytes > 104 ? view.getUint8(104) : 0
  if (type > 1) return refuse(`is compressed with method ${type}`)
  // The bit has to be set exactly when the method is another than the default.
  if ((type === 1) !== (low === known)) return refuse('contradicts itself about its compression')
  return { ok: true, headerBytes, compression: type === 1 ? 'zstd' : 'zlib' } as const
}

/** Walks the extensions behind the header: type and length, data, padding to eight bytes. */
function findExtensionFault(view: DataView, headerBytes: number): string | undefined {
  const clusterBytes = 2 ** Math.min(view.getUint32(20), 21)
  const end = Math.min(view.byteLength, clusterBytes)
  for (let offset = headerBytes; offset + 8 <= end;) {
    const type = view.getUint32(offset)
    const length = view.getUint32(offset + 4)
    if (type === 0) return undefined
    if (!harmlessExtensions.includes(type)) {
      return extensionNames[type] ?? `has an unknown header extension 0x${type.toString(16)}`
    }
    offset += 8 + Math.ceil(length / 8) * 8
  }
  return end < clusterBytes ? 'has a header that does not end' : undefined
}

function readGeometry(view: DataView, fileBytes: number) {
  const clusterBits = view.getUint32(20)
  if (clusterBits < 9 || clusterBits > 21) return refuse(`has clusters of 2^${clusterBits} bytes`)
  const virtualBytes = wide(view, 24)
  if (virtualBytes === 0 || virtualBytes % 512 !== 0 || !Number.isSafeInteger(virtualBytes)) {
    return refuse(`says it holds ${virtualBytes} bytes`)
  }
  const bytesPerL1Entry = 2 ** (clusterBits + clusterBits - 3)
  const neededEntries = Math.ceil(virtualBytes / bytesPerL1Entry)
  const l1Entries = view.getUint32(36)
  if (l1Entries < neededEntries || neededEntries * 8 > maximumL1Bytes) {
    return refuse(`has ${l1Entries} L1 entries for ${virtualBytes} bytes`)
  }
  const l1Offset = wide(view, 40)
  if (
    l1Offset % 2 ** clusterBits !== 0 ||
    l1Offset === 0 ||
    l1Offset + neededEntries * 8 > fileBytes
  ) {
    return refuse('has its L1 table outside the file')
  }
  const geometry = { clusterBits, virtualBytes, l1Offset, l1Entries: neededEntries }
  return { ok: true, geometry } as const
}

/** A big-endian 64-bit number; above 2^53 only roughly, which is outside of every file. */
function wide(view: DataView, offset: number): number {
  return view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4)
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
