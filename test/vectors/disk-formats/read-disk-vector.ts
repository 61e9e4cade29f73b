import { readFileSync } from 'node:fs'

import { fromHex } from '../../../src/base/hex.ts'

export const qcow2Vectors = ['qcow2-version-2', 'qcow2-version-3', 'qcow2-zstd'] as const
export const refusedQcow2Vectors = [
  'qcow2-backing-file',
  'qcow2-data-file',
  'qcow2-encrypted',
  'qcow2-extended-entries',
] as const

/** Part of a disk image from this folder: `length`, then offsets with the bytes there; the rest is zeros. */
export function readDiskVector(name: string): Uint8Array {
  const text = readFileSync(new URL(`${name}.hex`, import.meta.url), 'utf8')
  const [length = [], ...places] = text
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.split(' '))
  const bytes = new Uint8Array(Number(length[1]))
  for (const [offset, hex = ''] of places) bytes.set(fromHex(hex), Number(offset))
  return bytes
}
