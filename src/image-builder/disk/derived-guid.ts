import { createHash } from 'node:crypto'

/** A GUID that follows from its inputs alone (RFC 9562 §5.8): equal builds carry equal ones. */
export function derivedGuid(seed: string, purpose: string): string {
  const bytes = createHash('sha256').update(`${purpose}\n${seed}`).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
