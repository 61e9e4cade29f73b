/** A chunk in memory that threads can share, and that comes back into use when it is released. */
export interface CutChunk {
  readonly bytes: Buffer
  /** Once, and only when nobody reads from it any more. */
  release(): void
}

/**
 * Cuts a stream into chunks of exactly `chunkBytes`, the last one shorter. There is memory for `bufferCount` of them, the one that is
 * being filled included.
 *
 * @throws {RangeError} when all memory is in use: release one before asking for another
 */
export async function* cutChunks(
  source: AsyncIterable<Uint8Array>,
  chunkBytes: number,
  bufferCount: number,
): AsyncGenerator<CutChunk> {
  const idle = Array.from({ length: bufferCount }, () => sharedMemory(chunkBytes))
  let chunk = idle.pop()
  let filled = 0
  for await (const part of source) {
    for (let offset = 0; offset < part.length;) {
      chunk ??= taken(idle)
      const length = Math.min(part.length - offset, chunkBytes - filled)
      chunk.set(part.subarray(offset, offset + length), filled)
      offset += length
      filled += length
      if (filled === chunkBytes) {
        yield released(chunk, chunk, idle)
        chunk = undefined
        filled = 0
      }
    }
  }
  if (chunk !== undefined && filled > 0) yield released(chunk, chunk.subarray(0, filled), idle)
}

function released(memory: Buffer, bytes: Buffer, idle: Buffer[]): CutChunk {
  return { bytes, release: () => void idle.push(memory) }
}

function taken(idle: Buffer[]): Buffer {
  const chunk = idle.pop()
  if (chunk === undefined) throw new RangeError('all chunks are in use')
  return chunk
}

/** Zeroed memory that threads can share. */
export function sharedMemory(sizeBytes: number): Buffer {
  return Buffer.from(new SharedArrayBuffer(sizeBytes))
}
