const elf64LittleEndian = '7f454c460201'

/**
 * A 64-bit executable without its section headers, symbols and debug data: everything after the last
 * byte that a program header maps (elf(5)). The same on every machine, and nothing to install.
 *
 * @throws {RangeError} when `bytes` is not a 64-bit little-endian ELF file
 */
export function stripElf(bytes: Uint8Array): Uint8Array {
  const magic = Buffer.from(bytes.subarray(0, 6)).toString('hex')
  if (bytes.length < 64 || magic !== elf64LittleEndian) {
    throw new RangeError('not a 64-bit little-endian ELF file')
  }
  const stripped = bytes.slice(0, mappedBytes(bytes))
  const header = new DataView(stripped.buffer)
  header.setBigUint64(0x28, 0n, true) // e_shoff
  header.setUint16(0x3c, 0, true) // e_shnum
  header.setUint16(0x3e, 0, true) // e_shstrndx
  return stripped
}

function mappedBytes(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const offset = Number(view.getBigUint64(0x20, true)) // e_phoff
  const entryBytes = view.getUint16(0x36, true) // e_phentsize
  const count = view.getUint16(0x38, true) // e_phnum
  let end = offset + entryBytes * count
  for (let index = 0; index < count; index++) {
    const at = offset + index * entryBytes
    const fileOffset = Number(view.getBigUint64(at + 0x08, true)) // p_offset
    const fileSize = Number(view.getBigUint64(at + 0x20, true)) // p_filesz
    end = Math.max(end, fileOffset + fileSize)
  }
  if (end > bytes.length) throw new RangeError('an ELF file that is shorter than its segments')
  return end
}
