/**
 * Bytes of the zstd frame at the start of `bytes`, without decoding it; undefined when none is whole
 * there. In a qcow2 file the next cluster's frame follows directly. Source: RFC 8878 §3.1.1.
 */
export function zstdFrameBytes(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 6 || view.getUint32(0, true) !== 0xfd2f_b528) return undefined
  const descriptor = view.getUint8(4)
  const singleSegment = (descriptor >> 5) & 1
  const hasChecksum = (descriptor >> 2) & 1
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0
  const sizeBytes = [singleSegment, 2, 4, 8][descriptor >> 6] ?? 0
  let offset = 5 + (1 - singleSegment) + dictionaryBytes + sizeBytes
  for (;;) {
    if (offset + 3 > bytes.length) return undefined
    const header = view.getUint16(offset, true) + view.getUint8(offset + 2) * 65_536
    const kind = (header >> 1) & 3
    if (kind === 3) return undefined
    // A run-length block holds one byte, however many it stands for.
    offset += 3 + (kind === 1 ? 1 : header >> 3)
    if ((header & 1) === 1) break
  }
  const end = offset + hasChecksum * 4
  return end <= bytes.length ? end : undefined
}
