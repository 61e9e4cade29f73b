import { fromHex, toHex } from '../../base/hex.ts'

/** Where each byte of a GUID's text stands on disk: the first three fields are little-endian (UEFI 2.10 appendix A). */
const diskOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]

/** @throws {RangeError} when `text` is no GUID such as `0fc63daf-8483-4772-8e79-3d69d8477de4` */
export function guidToBytes(text: string): Uint8Array {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw new RangeError(`not a GUID: ${text.slice(0, 40)}`)
  }
  const bytes = fromHex(text.replaceAll('-', ''))
  return Uint8Array.from(diskOrder, (place) => bytes[place] ?? 0)
}

/** Lower case. @throws {RangeError} when there are not 16 bytes */
export function guidFromBytes(bytes: Uint8Array): string {
  if (bytes.length !== 16) throw new RangeError(`a GUID has 16 bytes, got ${bytes.length}`)
  const hex = toHex(Uint8Array.from(diskOrder, (place) => bytes[place] ?? 0))
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
