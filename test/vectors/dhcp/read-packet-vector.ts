import { readFileSync } from 'node:fs'

import { fromHex } from '../../../src/base/hex.ts'

/** A packet from this folder: hexadecimal lines, `#` begins a comment. */
export function readPacketVector(name: string): Uint8Array {
  const text = readFileSync(new URL(`${name}.hex`, import.meta.url), 'utf8')
  const lines = text.split('\n').filter((line) => !line.startsWith('#'))
  return fromHex(lines.join('').replaceAll(/\s/g, ''))
}
