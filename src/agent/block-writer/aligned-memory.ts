/** The two members we use; Node's types leave the global out. */
declare const WebAssembly: {
  Memory: new (descriptor: { initial: number; maximum: number }) => { buffer: ArrayBuffer }
}

const pageBytes = 65_536

/**
 * Zeroed buffers whose first byte is page-aligned, as O_DIRECT demands: a WebAssembly memory is
 * mapped by pages and never moves while it is not grown.
 *
 * @param bufferBytes multiples of 4096 keep every buffer of the row aligned
 * @throws {RangeError} when `bufferBytes` is no multiple of 4096
 */
export function allocateAligned(count: number, bufferBytes: number): Buffer[] {
  if (bufferBytes % 4096 !== 0) throw new RangeError(`${bufferBytes} is no multiple of 4096`)
  const pages = Math.ceil((count * bufferBytes) / pageBytes)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  return Array.from({ length: count }, (_, index) =>
    Buffer.from(memory.buffer, index * bufferBytes, bufferBytes),
  )
}

/** One such buffer, of any length. */
export function allocateOne(lengthBytes: number): Buffer {
  const [buffer = Buffer.alloc(0)] = allocateAligned(1, Math.ceil(lengthBytes / 4096) * 4096)
  return buffer.subarray(0, lengthBytes)
}
