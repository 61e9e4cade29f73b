import { latin1Text } from '../../base/ascii.ts'
import { accepted, refused, tarBlockBytes, type TarOutcome } from './tar-member.ts'

/** What one block of 512 bytes says; what it means depends on the headers before it. */
export interface TarHeader {
  /** One character, see {@link tarTypes}; `L`, `K`, `x` and `g` describe what follows. */
  readonly typeFlag: string
  readonly path: string
  readonly linkTarget: string
  readonly mode: number
  readonly userId: number
  readonly groupId: number
  readonly sizeBytes: number
  readonly modifiedSeconds: number
}

/** Nobody has files of more, and sums stay exact. */
const largestNumber = 2 ** 50

/**
 * Decodes a header in the forms ustar (IEEE 1003.1-2017, pax), GNU and the older ones. Total.
 *
 *     name 100, mode 8, uid 8, gid 8, size 12, mtime 12, checksum 8, type 1, link 100,
 *     magic 6, version 2, user 32, group 32, device 8 + 8, prefix 155
 *
 * @returns undefined for a block of zeros, which ends an archive
 */
export function decodeTarHeader(block: Uint8Array): TarOutcome<TarHeader | undefined> {
  if (block.length !== tarBlockBytes) return refused('a header that is cut off')
  if (block.every((byte) => byte === 0)) return accepted(undefined)
  if (!checksumFits(block)) return refused('a header with a wrong checksum')
  const field = (offset: number, length: number) => block.subarray(offset, offset + length)
  const number = (offset: number, length: number) => decodeNumber(field(offset, length))
  const mode = number(100, 8)
  const userId = number(108, 8)
  const groupId = number(116, 8)
  const sizeBytes = number(124, 12)
  const modifiedSeconds = number(136, 12)
  if (mode === undefined || userId === undefined || groupId === undefined) {
    return refused('a header with a mode or owner that is no number')
  }
  if (sizeBytes === undefined) return refused('a header with a size that is no number')
  // GNU writes other things where POSIX has the prefix of the name.
  const isPosix = latin1Text(field(257, 8)) === 'ustar\u000000'
  const prefix = isPosix ? untilNul(field(345, 155)) : ''
  const name = untilNul(field(0, 100))
  return accepted({
    typeFlag: latin1Text(field(156, 1)),
    path: prefix === '' ? name : `${prefix}/${name}`,
    linkTarget: untilNul(field(157, 100)),
    mode: mode & 0o7777,
    userId,
    groupId,
    sizeBytes,
    // Before 1970 and nonsense alike: the day one.
    modifiedSeconds: modifiedSeconds ?? 0,
  })
}

/** The sum of all bytes, its own field counted as spaces; old archivers summed signed bytes. */
function checksumFits(block: Uint8Array): boolean {
  const stated = decodeNumber(block.subarray(148, 156))
  let unsigned = 0
  let signed = 0
  block.forEach((byte, index) => {
    const value = index >= 148 && index < 156 ? 0x20 : byte
    unsigned += value
    signed += value > 127 ? value - 256 : value
  })
  return stated === unsigned || stated === signed
}

/** Octal digits between spaces and NULs, or (first bit set) big-endian bytes. Never negative. */
function decodeNumber(field: Uint8Array): number | undefined {
  const first = field[0] ?? 0
  if ((first & 0x80) !== 0) {
    if (first !== 0x80) return undefined
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
    return value <= largestNumber ? value : undefined
  }
  const text = latin1Text(field).replaceAll(/^[ \0]+|[ \0]+$/g, '')
  if (text === '') return 0
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined
}

export function untilNul(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return latin1Text(end === -1 ? bytes : bytes.subarray(0, end))
}
