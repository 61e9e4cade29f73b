/** Buffers of exactly `chunkBytes`, the last one shorter; each is new, because it is read while the next fills. */
export async function* cutChunks(
  source: AsyncIterable<Uint8Array>,
  chunkBytes: number,
): AsyncGenerator<Buffer> {
  let chunk = Buffer.allocUnsafeSlow(chunkBytes)
  let filled = 0
  for await (const part of source) {
    for (let offset = 0; offset < part.length;) {
      const taken = Math.min(part.length - offset, chunkBytes - filled)
      chunk.set(part.subarray(offset, offset + taken), filled)
      offset += taken
      filled += taken
      if (filled === chunkBytes) {
        yield chunk
        chunk = Buffer.allocUnsafeSlow(chunkBytes)
        filled = 0
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}
