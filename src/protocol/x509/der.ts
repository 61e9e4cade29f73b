import { asciiBytes } from '../../base/ascii.ts'

/** Values of ASN.1 in their one binary form (ITU-T X.690 §10): tag, length, contents. */

/** A value with the tag and the contents that were made for it. */
export function derValue(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0)
  const head = [tag, ...lengthBytes(length)]
  const value = new Uint8Array(head.length + length)
  value.set(head)
  let at = head.length
  for (const part of contents) {
    value.set(part, at)
    at += part.length
  }
  return value
}

/** Below 128 in one byte; else the number of the bytes that follow, with the top bit set (§8.1.3). */
function lengthBytes(length: number): readonly number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return [0x80 | bytes.length, ...bytes]
}

export const derSequence = (...members: readonly Uint8Array[]) => derValue(0x30, ...members)
export const derSet = (...members: readonly Uint8Array[]) => derValue(0x31, ...members)
export const derOctets = (bytes: Uint8Array) => derValue(0x04, bytes)
export const derUtf8 = (ascii: string) => derValue(0x0c, asciiBytes(ascii))
export const derTrue = derValue(0x01, Uint8Array.of(0xff))

/** A number that is not negative, most significant byte first. */
export function derInteger(bytes: Uint8Array): Uint8Array {
  let first = 0
  while (first < bytes.length - 1 && bytes[first] === 0) first++
  const digits = bytes.subarray(first)
  const isNegative = (digits[0] ?? 0) >= 0x80
  return derValue(0x02, ...(isNegative ? [Uint8Array.of(0)] : []), digits)
}

/** Bits, counted from the most significant of the first byte; `unusedBits` at the end do not count. */
export function derBits(bytes: Uint8Array, unusedBits = 0): Uint8Array {
  return derValue(0x03, Uint8Array.of(unusedBits), bytes)
}

/** `1.2.840.10045.4.3.2`. */
export function derObjectId(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes = [first * 40 + second, ...rest].flatMap((part) => {
    const digits = [part & 0x7f]
    for (let left = part >>> 7; left > 0; left >>>= 7) digits.unshift(0x80 | (left & 0x7f))
    return digits
  })
  return derValue(0x06, Uint8Array.from(bytes))
}

/** Seconds, as RFC 5280 §4.1.2.5 wants them: two digits of the year up to 2049, four after. */
export function derTime(timeMs: number): Uint8Array {
  const text = `${new Date(timeMs).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
  const isShort = timeMs < Date.UTC(2050, 0, 1)
  return isShort ? derValue(0x17, asciiBytes(text.slice(2))) : derValue(0x18, asciiBytes(text))
}
