import { read as readCallback } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { promisify } from 'node:util'

import { KIBIBYTE, MEBIBYTE } from '../../../base/byte-size.ts'
import type { BufferPool } from './buffer-pool.ts'
import type { FilePart, KernelSender } from './kernel-sender.ts'
import { written } from './written.ts'

const read = promisify(readCallback)

/** What goes through our memory each time the socket is full. */
const pieceBytes = 32 * KIBIBYTE
/** So little that is left goes as one piece. */
const lastPieceBytes = 64 * KIBIBYTE
/** The same where the kernel takes nothing. */
const largePieceBytes = MEBIBYTE

/**
 * Lets the kernel send part of a file from its page cache, behind headers that leave at once. Whenever
 * the socket is full, one small piece goes the ordinary way: Node says when there is room again, when
 * the client has gone away, and what is wrong if anything is.
 *
 * @returns false when the client went away before the last byte
 * @throws when the file cannot be read, or is too short
 */
export async function sendFile(
  response: ServerResponse,
  file: FilePart,
  { pool, kernel }: { readonly pool: BufferPool; readonly kernel: KernelSender },
): Promise<boolean> {
  let rest = response.headersSent ? file : behind(file, kernel.begin(response, file))
  while (rest.lengthBytes > 0) {
    const taken = await sendByKernel(response, rest, kernel)
    rest = behind(rest, taken)
    if (rest.lengthBytes === 0) return true
    const wantedBytes = rest.lengthBytes <= lastPieceBytes ? lastPieceBytes : pieceBytes
    // Where the kernel takes nothing, all of it goes in large pieces.
    const mostBytes = taken > 0 ? wantedBytes : largePieceBytes
    const pieceLength = await sendPiece(response, rest, mostBytes, pool)
    if (pieceLength === undefined) return false
    rest = behind(rest, pieceLength)
  }
  return true
}

/** All that the socket has room for. */
async function sendByKernel(
  { socket }: ServerResponse,
  part: FilePart,
  kernel: KernelSender,
): Promise<number> {
  if (socket === null) return 0
  let sentBytes = 0
  for (let hasRoom = true; hasRoom && sentBytes < part.lengthBytes;) {
    const taken = await kernel.send(socket, behind(part, sentBytes))
    sentBytes += taken.sentBytes
    hasRoom = taken.hasRoom
  }
  return sentBytes
}

async function sendPiece(
  response: ServerResponse,
  { descriptor, position, lengthBytes }: FilePart,
  mostBytes: number,
  pool: BufferPool,
): Promise<number | undefined> {
  const buffer = pool.take(Math.min(lengthBytes, mostBytes))
  try {
    const wantedBytes = Math.min(lengthBytes, mostBytes, buffer.bytes.length)
    const { bytesRead } = await read(descriptor, buffer.bytes, 0, wantedBytes, position)
    if (bytesRead === 0) throw new RangeError('the file ends before what is to be sent of it')
    const isTaken = await written(response, buffer.bytes.subarray(0, bytesRead))
    return isTaken ? bytesRead : undefined
  } finally {
    buffer.release()
  }
}

function behind({ descriptor, position, lengthBytes }: FilePart, sentBytes: number): FilePart {
  return { descriptor, position: position + sentBytes, lengthBytes: lengthBytes - sentBytes }
}
