import { latin1Text } from '../../base/ascii.ts'

export const vhdFooterBytes = 512

export type VhdReading =
  | { readonly ok: true; readonly kind: 'fixed' | 'dynamic'; readonly virtualBytes: number }
  | { readonly ok: false; readonly reason: string }

/** Whether `sector` begins like a VHD's footer, which a dynamic disk has at its beginning as well. */
export function isVhdFooter(sector: Uint8Array): boolean {
  return latin1Text(sector.subarray(0, 8)) === 'conectix'
}

/**
 * Reads the footer of a VHD: the last 512 bytes of the file. Source: Microsoft, Virtual Hard Disk
 * Image Format Specification 1.0, "Hard Disk Footer Format"; big-endian.
 *
 *      0  'conectix'    48  current size    60  disk type    64  checksum
 */
export function readVhdFooter(footer: Uint8Array): VhdReading {
  if (footer.length !== vhdFooterBytes || !isVhdFooter(footer)) return refuse('has no footer')
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength)
  let sum = 0
  for (const [offset, byte] of footer.entries()) if (offset < 64 || offset > 67) sum += byte
  if (view.getUint32(64) !== 0xffff_ffff - sum) return refuse('has a footer with a wrong checksum')
  const virtualBytes = view.getUint32(48) * 2 ** 32 + view.getUint32(52)
  if (virtualBytes === 0 || virtualBytes % 512 !== 0 || !Number.isSafeInteger(virtualBytes)) {
    return refuse(`says it holds ${virtualBytes} bytes`)
  }
  const type = view.getUint32(60)
  if (type === 4) return refuse('names a parent file')
  if (type !== 2 && type !== 3) return refuse(`is of type ${type}`)
  return { ok: true, kind: type === 2 ? 'fixed' : 'dynamic', virtualBytes }
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason }
}
