export interface TarEntry {
  readonly path: string
  readonly type?: string
  readonly content?: Uint8Array
  readonly linkTarget?: string
  /** What stands in the field; by default the content's length in octal. */
  readonly size?: string
  readonly mode?: string
  readonly userId?: string
}

/** One member in ustar's form, its checksum right whatever else is not. */
export function tarEntry(entry: TarEntry): Uint8Array {
  const { path, type = '0', content = new Uint8Array(0), linkTarget = '', mode = '0000644' } = entry
  const { size = content.length.toString(8).padStart(11, '0'), userId = '0000000' } = entry
  const header = new Uint8Array(512)
  const field = (offset: number, text: string) => header.set(Buffer.from(text, 'latin1'), offset)
  field(0, path)
  field(100, mode)
  field(108, userId)
  field(116, '0000000')
  field(124, size)
  field(136, '14000000000')
  field(148, '        ')
  field(156, type)
  field(157, linkTarget)
  field(257, 'ustar\u000000')
  const sum = header.reduce((total, byte) => total + byte, 0)
  field(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  const padded = new Uint8Array(Math.ceil(content.length / 512) * 512)
  padded.set(content)
  return Buffer.concat([header, padded])
}

/** An extended header of pax: `length keyword=value` lines for the next member. */
export function paxHeader(records: Readonly<Record<string, string>>, type = 'x'): Uint8Array {
  const lines = Object.entries(records).map(([keyword, value]) => paxRecord(`${keyword}=${value}`))
  return tarEntry({ path: 'PaxHeaders/next', type, content: Buffer.from(lines.join('')) })
}

function paxRecord(text: string): string {
  const bare = Buffer.byteLength(text) + 2
  let length = bare + 1
  while (String(length).length + bare !== length) length++
  return `${length} ${text}\n`
}

export const tarEnd = new Uint8Array(1024)

export function tarArchive(...parts: readonly (TarEntry | Uint8Array)[]): Uint8Array {
  const bytes = parts.map((part) => (part instanceof Uint8Array ? part : tarEntry(part)))
  return Buffer.concat([...bytes, tarEnd])
}
