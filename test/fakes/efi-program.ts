export interface EfiProgramOptions {
  /** Content of the `.sbat` section; none without. */
  readonly sbat?: string
  readonly isSigned?: boolean
}

/** The least that counts as a PE32+ image: headers, one section, and a certificate directory. */
export function efiProgram({ sbat, isSigned = true }: EfiProgramOptions): Uint8Array {
  const bytes = new Uint8Array(2048)
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from('MZ'), 0)
  view.setUint32(60, 64, true)
  bytes.set(Buffer.from('PE\0\0'), 64)
  view.setUint16(64 + 6, sbat === undefined ? 0 : 1, true)
  view.setUint16(64 + 20, 240, true)
  const optional = 64 + 24
  view.setUint16(optional, 0x20b, true)
  view.setUint32(optional + 108, 16, true)
  view.setUint32(optional + 112 + 4 * 8 + 4, isSigned ? 1024 : 0, true)
  if (sbat === undefined) return bytes
  const section = optional + 240
  bytes.set(Buffer.from('.sbat'), section)
  view.setUint32(section + 8, sbat.length, true)
  view.setUint32(section + 16, 512, true)
  view.setUint32(section + 20, 1024, true)
  bytes.set(Buffer.from(sbat), 1024)
  return bytes
}
