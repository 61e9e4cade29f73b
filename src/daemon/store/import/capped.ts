import { ImageTooLargeError } from './errors.ts'

/** Passes bytes on. @throws {ImageTooLargeError} on the part that crosses the limit, which is not passed */
export async function* capped(
  source: AsyncIterable<Uint8Array>,
  largestBytes: number,
): AsyncGenerator<Uint8Array> {
  let passedBytes = 0
  for await (const part of source) {
    passedBytes += part.length
    if (passedBytes > largestBytes) throw new ImageTooLargeError(largestBytes)
    yield part
  }
}
