import { latin1Text } from '../../base/ascii.ts'

/** What an EFI program says of itself, as Secure Boot judges it. */
export interface BootImageFacts {
  /** Whether a signature is attached; whose, and whether it fits, only the firmware can tell. */
  readonly isSigned: boolean
  /** Generation by component, as its `.sbat` section lists them; undefined without one. */
  readonly sbat: ReadonlyMap<string, number> | undefined
}

export type BootImageReading =
  | { readonly ok: true; readonly facts: BootImageFacts }
  | { readonly ok: false; readonly reason: string }

const sectionBytes = 40
const mostSbatBytes = 65_536
/** Index of the certificate table among the data directories. */
const certificateTable = 4

/**
 * Reads a PE32+ image's section table and certificate directory. Any bytes give facts or a reason.
 * Sources: Microsoft, PE Format, "Section Table" and "The Attribute Certificate Table"; shim, SBAT.md.
 *
 *     0  'MZ'   60  offset of 'PE\0\0'; behind that:  6  sections   20  bytes of the optional header   24  it
 */
export function readBootImage(bytes: Uint8Array): BootImageReading {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = bytes.length < 64 ? bytes.length : view.getUint32(60, true)
  if (latin1Text(bytes.subarray(0, 2)) !== 'MZ' || header + 24 > bytes.length) {
    return refuse('is no EFI program')
  }
  if (latin1Text(bytes.subarray(header, header + 4)) !== 'PE\0\0')
    return refuse('is no EFI program')
  const optional = header + 24
  const sections = optional + view.getUint16(header + 20, true)
  const count = view.getUint16(header + 6, true)
  if (sections + count * sectionBytes > bytes.length) return refuse('is cut off')
  const isSigned = certificateBytes(view, optional, sections) > 0
  for (let index = 0; index < count; index++) {
    const entry = sections + index * sectionBytes
    if (latin1Text(bytes.subarray(entry, entry + 8)) !== '.sbat\0\0\0') continue
    const length = Math.min(view.getUint32(entry + 8, true), view.getUint32(entry + 16, true))
    const offset = view.getUint32(entry + 20, true)
    if (length > mostSbatBytes || offset + length > bytes.length) return refuse('is cut off')
    const sbat = readGenerations(latin1Text(bytes.subarray(offset, offset + length)))
    return sbat === undefined
      ? refuse('has generations that are no numbers')
      : { ok: true, facts: { isSigned, sbat } }
  }
  return { ok: true, facts: { isSigned, sbat: undefined } }
}

function certificateBytes(view: DataView, optional: number, end: number): number {
  const directories = optional + 112
  const sizeOffset = directories + certificateTable * 8 + 4
  if (sizeOffset + 4 > end || view.getUint16(optional, true) !== 0x20b) return 0
  return view.getUint32(directories - 4, true) > certificateTable
    ? view.getUint32(sizeOffset, true)
    : 0
}

/** Lines of `component,generation,…`. */
function readGenerations(text: string): ReadonlyMap<string, number> | undefined {
  const generations = new Map<string, number>()
  for (const line of text.replaceAll('\0', '').split('\n')) {
    if (line === '') continue
    const [component = '', generation = ''] = line.split(',')
    if (component === '' || !/^\d{1,9}$/.test(generation)) return undefined
    generations.set(component, Number(generation))
  }
  return generations
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
