import { printableText } from '../../base/ascii.ts'
import { guidFromBytes } from '../../protocol/gpt/guid.ts'

/** Who the machine says it is. Firmware writes these: often empty, sometimes untrue. */
export interface SystemIdentity {
  readonly manufacturer?: string
  readonly productName?: string
  readonly serialNumber?: string
  readonly uuid?: string
  readonly firmwareVersion?: string
}

interface Structure {
  readonly type: number
  readonly formatted: Uint8Array
  readonly strings: readonly string[]
}

/** Reads BIOS (type 0) and System (type 1) information out of an SMBIOS structure table; any bytes will do. */
export function decodeSmbiosTable(table: Uint8Array): SystemIdentity {
  let identity: SystemIdentity = {}
  for (const structure of structures(table)) {
    if (structure.type === 0) {
      identity = { ...identity, ...named('firmwareVersion', stringAt(structure, 5)) }
    }
    if (structure.type === 1) {
      identity = {
        ...identity,
        ...named('manufacturer', stringAt(structure, 4)),
        ...named('productName', stringAt(structure, 5)),
        ...named('serialNumber', stringAt(structure, 7)),
        ...named('uuid', readUuid(structure.formatted)),
      }
    }
  }
  return identity
}

/** Each is a header (type, length, handle), a formatted area, then strings up to a double NUL (SMBIOS 3 §6.1). */
function* structures(table: Uint8Array): Generator<Structure> {
  let offset = 0
  while (offset + 4 <= table.length) {
    const type = table[offset] ?? 127
    const length = table[offset + 1] ?? 0
    if (type === 127 || length < 4) return
    const strings: string[] = []
    let cursor = offset + length
    while (cursor < table.length && table[cursor] !== 0) {
      const end = table.indexOf(0, cursor)
      if (end === -1) return
      strings.push(printableText(table.subarray(cursor, end)).trim())
      cursor = end + 1
    }
    yield { type, formatted: table.subarray(offset, offset + length), strings }
    offset = cursor + (strings.length === 0 ? 2 : 1)
  }
}

function stringAt(structure: Structure, place: number): string | undefined {
  const number = structure.formatted[place] ?? 0
  return number === 0 ? undefined : structure.strings[number - 1] || undefined
}

/** Mixed-endian since SMBIOS 2.6 (§7.2.1); all zeros or all ones mean that there is none. */
function readUuid(formatted: Uint8Array): string | undefined {
  const bytes = formatted.subarray(8, 24)
  if (bytes.length < 16 || bytes.every((byte) => byte === bytes[0])) return undefined
  return guidFromBytes(bytes)
}

function named(key: keyof SystemIdentity, value: string | undefined): SystemIdentity {
  return value === undefined ? {} : { [key]: value }
}
