import type { ServerResponse } from 'node:http'

import type { HeldBytes, HeldFile } from '../../domain/image/image-store.ts'
import type { BootFile } from '../boot-files/boot-file.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { ByteRange } from './byte-range.ts'
import type { KernelSender } from './kernel-sender.ts'
import { sendFile } from './send-file.ts'
import { written } from './written.ts'

/** How a body ended. */
export interface SentBody {
  readonly sentBytes: number
  /** False when the client went away before the last byte. */
  readonly isComplete: boolean
}

/** What bodies are sent with. */
export interface BodySender {
  readonly pool: BufferPool
  /** Undefined where there is none: files then go through memory. */
  readonly kernel: KernelSender | undefined
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
  sender: BodySender,
  onSent: (sentBytes: number) => void = () => {},
): Promise<SentBody> {
  let offset = range.first
  while (offset <= range.last) {
    const sentBytes = await sendNext(response, file, { ...range, first: offset }, sender)
    if (sentBytes === undefined) return { sentBytes: offset - range.first, isComplete: false }
    offset += sentBytes
    onSent(offset - range.first)
  }
  return { sentBytes: offset - range.first, isComplete: true }
}

/** As much of the range as lies in one place; undefined when the client has gone away. */
async function sendNext(
  response: ServerResponse,
  file: BootFile,
  range: ByteRange,
  { pool, kernel }: BodySender,
): Promise<number | undefined> {
  const offset = range.first
  const wantedBytes = range.last - offset + 1
  if (kernel?.reaches(response.socket) === true) {
    const heldFile = await file.holdFile?.(offset)
    if (heldFile !== undefined) {
      return sendHeldFile(response, heldFile, wantedBytes, { pool, kernel })
    }
  }
  const held = await file.hold?.(offset)
  if (held !== undefined) return sendHeld(response, held, wantedBytes)
  const buffer = pool.take(wantedBytes)
  try {
    const length = Math.min(wantedBytes, buffer.bytes.length)
    const bytes = await file.read(offset, length, buffer.bytes)
    return (await written(response, bytes)) ? length : undefined
  } finally {
    buffer.release()
  }
}

async function sendHeld(
  response: ServerResponse,
  held: HeldBytes,
  wantedBytes: number,
): Promise<number | undefined> {
  try {
    const bytes = held.bytes.subarray(0, wantedBytes)
    return (await written(response, bytes)) ? bytes.length : undefined
  } finally {
    held.release()
  }
}

async function sendHeldFile(
  response: ServerResponse,
  held: HeldFile,
  wantedBytes: number,
  sender: { readonly pool: BufferPool; readonly kernel: KernelSender },
): Promise<number | undefined> {
  try {
    const lengthBytes = Math.min(wantedBytes, held.lengthBytes)
    const isSent = await sendFile(response, { ...held, lengthBytes }, sender)
    return isSent ? lengthBytes : undefined
  } finally {
    held.release()
  }
}
