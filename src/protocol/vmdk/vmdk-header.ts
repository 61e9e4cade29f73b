import { latin1Text } from '../../base/ascii.ts'

export type VmdkReading =
  | { readonly ok: true; readonly virtualBytes: number }
  | { readonly ok: false; readonly reason: string }

/** As much of the file as holds the header and the descriptor that is embedded in it. */
export const vmdkHeaderBytes = 64 * 1024

const sectorBytes = 512
/** A descriptor is text of a few hundred bytes in twenty sectors. */
const maximumDescriptorBytes = 40 * sectorBytes

/**
 * Reads the beginning of a VMDK and refuses everything but one file that holds its whole disk: no
 * descriptor that names extents elsewhere, no parent. Source: VMware, Virtual Disk Format 1.1,
 * "Hosted Sparse Extent Header"; little-endian.
 *
 *      0  'KDMV'    4  version   12  capacity   28  descriptor offset   36  descriptor size   (sectors)
 */
export function readVmdkHeader(start: Uint8Array): VmdkReading {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (start.length < sectorBytes || latin1Text(start.subarray(0, 4)) !== 'KDMV') {
    return refuse('is no hosted sparse extent')
  }
  const version = view.getUint32(4, true)
  if (version < 1 || version > 3) return refuse(`has version ${version}`)
  const capacitySectors = wide(view, 12)
  // Without a capacity the descriptor alone says where the data is.
  if (capacitySectors === 0) return refuse('keeps its data in other files')
  const virtualBytes = capacitySectors * sectorBytes
  if (!Number.isSafeInteger(virtualBytes)) return refuse(`says it holds ${virtualBytes} bytes`)
  const descriptorOffset = wide(view, 28) * sectorBytes
  const descriptorBytes = wide(view, 36) * sectorBytes
  if (descriptorOffset === 0 || descriptorBytes === 0) return refuse('has no descriptor')
  if (
    descriptorBytes > maximumDescriptorBytes ||
    descriptorOffset + descriptorBytes > start.length
  ) {
    return refuse('has its descriptor at an unusual place')
  }
  const text = latin1Text(start.subarray(descriptorOffset, descriptorOffset + descriptorBytes))
  const fault = findDescriptorFault(text, capacitySectors)
  return fault === undefined ? { ok: true, virtualBytes } : refuse(fault)
}

const accepted = /^(?:monolithicSparse|streamOptimized)$/

/** The descriptor is lines of `key=value` and of extents: `RW 20480 SPARSE "disk.vmdk"`. */
function findDescriptorFault(text: string, capacitySectors: number): string | undefined {
  const end = text.indexOf('\0')
  const lines = (end === -1 ? text : text.slice(0, end)).split(/\r?\n/).map((line) => line.trim())
  const valueOf = (key: string) =>
    lines
      .filter((line) => line.toLowerCase().startsWith(`${key}=`))
      .map((line) => line.slice(key.length + 1).replaceAll('"', ''))
  const [createType, ...moreTypes] = valueOf('createtype')
  if (createType === undefined || moreTypes.length > 0 || !accepted.test(createType)) {
    return 'is of a kind that may spread over several files'
  }
  const parents = valueOf('parentcid')
  if (
    parents.some((parent) => !/^f{8}$/i.test(parent)) ||
    valueOf('parentfilenamehint').length > 0
  ) {
    return 'names a parent file'
  }
  const extents = lines.filter((line) => /^(?:RW|RDONLY|NOACCESS)\s/i.test(line))
  const own = /^RW\s+(\d+)\s+SPARSE\s+"[^"/\\]*"$/.exec(extents[0] ?? '')
  if (extents.length !== 1 || own === null) return 'names data in other files'
  if (Number(own[1]) !== capacitySectors) return 'contradicts itself about its size'
  return undefined
}

function wide(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * 2 ** 32
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
