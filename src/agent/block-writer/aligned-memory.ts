/** The members we use; Node's types leave the global out. */
declare const WebAssembly: {
  Memory: new (descriptor: { initial: number; maximum: number; shared?: boolean }) => {
    buffer: ArrayBuffer
  }
}

const pageBytes = 65_536
const alignmentBytes = 4096

/**
 * Zeroed memory whose first byte is page-aligned, as O_DIRECT demands: a WebAssembly memory is mapped
 * by pages and never moves while it is not grown.
 *
 * @param shared whether other threads may be given it too. Default false
 */
export function allocatePages(lengthBytes: number, shared = false): ArrayBuffer {
  const pages = Math.ceil(lengthBytes / pageBytes)
  const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared })
  return buffer
}

/** The next place in such memory where an aligned buffer may begin. */
export function alignedLength(lengthBytes: number): number {
  return Math.ceil(lengthBytes / alignmentBytes) * alignmentBytes
}

/**
 * Aligned, zeroed buffers.
 *
 * @param bufferBytes multiples of 4096 keep every buffer of the row aligned
 * @throws {RangeError} when `bufferBytes` is no multiple of 4096
 */
export function allocateAligned(count: number, bufferBytes: number): Buffer[] {
  if (bufferBytes % alignmentBytes !== 0) {
    throw new RangeError(`${bufferBytes} is no multiple of ${alignmentBytes}`)
  }
  const memory = allocatePages(count * bufferBytes)
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(memory, index * bufferBytes, bufferBytes),
  )
}

/** One such buffer, of any length. */
export function allocateOne(lengthBytes: number): Buffer {
  const [buffer = Buffer.alloc(0)] = allocateAligned(1, alignedLength(lengthBytes))
  return buffer.subarray(0, lengthBytes)
}
