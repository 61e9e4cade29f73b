import type { FileHandle } from 'node:fs/promises'

/** The `length` bytes at `offset`, fewer only when the file ends before. */
export async function readAt(handle: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

const partBytes = 4 * 1024 * 1024

/** The bytes from the beginning of a file to `endBytes`, in large parts. */
export async function* readParts(handle: FileHandle, endBytes: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < endBytes; offset += partBytes) {
    yield await readAt(handle, offset, Math.min(partBytes, endBytes - offset))
  }
}
