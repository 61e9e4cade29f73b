import type { ServerResponse } from 'node:http'

import type { HeldBytes } from '../../domain/image/image-store.ts'
import type { BootFile } from '../boot-files/boot-file.ts'
import type { BufferPool, PooledBuffer } from './buffer-pool.ts'
import type { ByteRange } from './byte-range.ts'

/** How a body ended. */
export interface SentBody {
  readonly sentBytes: number
  /** False when the client went away before the last byte. */
  readonly isComplete: boolean
}

/**
 * Sends part of a file behind headers that are already set. One buffer is in use at a time, and the
 * next is read only when the socket has taken the last, so a slow reader costs one buffer. The first
 * bytes are read before the headers leave.
 *
 * @throws whatever the file's `read` throws; nothing has been sent when `response.headersSent` is false
 */
export async function sendBody(
  response: ServerResponse,
  file: BootFile,
  range: ByteRange,
  pool: BufferPool,
  onSent: (sentBytes: number) => void = () => {},
): Promise<SentBody> {
  let offset = range.first
  while (offset <= range.last) {
    const held = await file.hold?.(offset)
    if (held !== undefined) {
      const length = Math.min(range.last - offset + 1, held.bytes.length)
      const isTaken = await sendHeld(response, held, length)
      if (!isTaken) return { sentBytes: offset - range.first, isComplete: false }
      offset += length
      onSent(offset - range.first)
      continue
    }
    const buffer = pool.take(range.last - offset + 1)
    const length = Math.min(range.last - offset + 1, buffer.bytes.length)
    const isTaken = await sendPiece(response, file, { offset, length }, buffer)
    if (!isTaken) return { sentBytes: offset - range.first, isComplete: false }
    offset += length
    onSent(offset - range.first)
  }
  return { sentBytes: offset - range.first, isComplete: true }
}

async function sendHeld(
  response: ServerResponse,
  held: HeldBytes,
  length: number,
): Promise<boolean> {
  try {
    return !response.destroyed && (await written(response, held.bytes.subarray(0, length)))
  } finally {
    held.release()
  }
}

async function sendPiece(
  response: ServerResponse,
  file: BootFile,
  piece: { readonly offset: number; readonly length: number },
  buffer: PooledBuffer,
): Promise<boolean> {
  try {
    const bytes = await file.read(piece.offset, piece.length, buffer.bytes)
    return !response.destroyed && (await written(response, bytes))
  } finally {
    buffer.release()
  }
}

/** Settles when the kernel has the bytes, or with false when the connection is gone. */
function written(response: ServerResponse, bytes: Uint8Array): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const onClose = () => resolve(false)
  response.once('close', onClose)
  response.write(bytes, (error) => {
    response.off('close', onClose)
    resolve(error === null || error === undefined)
  })
  return promise
}
