export const KIBIBYTE = 1024
export const MEBIBYTE = 1024 * KIBIBYTE
export const GIBIBYTE = 1024 * MEBIBYTE

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** `1536` → `1.5 KiB`; at most one decimal, none below 1 KiB. */
export function formatByteSize(sizeBytes: number): string {
  let value = sizeBytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const digits = unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)
  return `${digits} ${units[unit]}`
}

/** Reads `4096`, `512 MiB`, `10G` (powers of 1024); undefined when it is none of these. */
export function readByteSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([KMGTP])(?:i?B)?|B)?$/i.exec(text.trim())
  if (match === null) return undefined
  const power = match[2] === undefined ? 0 : 'KMGTP'.indexOf(match[2].toUpperCase()) + 1
  return Math.round(Number(match[1]) * 1024 ** power)
}
