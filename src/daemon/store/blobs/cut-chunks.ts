/**
 * Buffers of exactly `chunkBytes` in memory that threads can share, the last one shorter. There are `bufferCount` of them: one that was
 * yielded is filled anew when so many less one have followed it.
 */
export async function* cutChunks(
  source: AsyncIterable<Uint8Array>,
  chunkBytes: number,
  bufferCount: number,
): AsyncGenerator<Buffer> {
  const buffers = Array.from({ length: bufferCount }, () => shared(chunkBytes))
  let chunk = buffers.shift() ?? shared(chunkBytes)
  let filled = 0
  for await (const part of source) {
    for (let offset = 0; offset < part.length;) {
      const taken = Math.min(part.length - offset, chunkBytes - filled)
      chunk.set(part.subarray(offset, offset + taken), filled)
      offset += taken
      filled += taken
      if (filled === chunkBytes) {
        yield chunk
        buffers.push(chunk)
        chunk = buffers.shift() ?? chunk
        filled = 0
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}

function shared(sizeBytes: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(sizeBytes))
}
