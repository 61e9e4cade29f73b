import { type FileHandle, open } from 'node:fs/promises'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { messageOf } from '../base/coded-error.ts'
import { type Image, importLineSchema } from '../contract/api-documents.ts'
import { checkedAnswer, type DaemonConnection, sendRequest } from './daemon-request.ts'
import { DaemonAnswerError, DaemonProblemError, FileUnusableError } from './errors.ts'
import type { ImportProgress } from './import-progress.ts'

export interface ImageUpload {
  readonly file: string
  readonly name: string
  readonly version: string
  onProgress(progress: ImportProgress): void
}

/** What is read of the file at a time. */
const readBytes = 1024 * 1024

/**
 * Streams a file to the daemon, which chunks, signs and stores it.
 *
 * @throws {FileUnusableError} when the file cannot be read
 * @throws {DaemonProblemError} when the daemon does not take it
 */
export async function importImage(
  connection: DaemonConnection,
  upload: ImageUpload,
): Promise<Image> {
  const handle = await openImage(upload.file)
  try {
    return await uploadImage(connection, upload, handle)
  } finally {
    await handle.close()
  }
}

async function openImage(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file)
    if ((await handle.stat()).isFile()) return handle
    await handle.close()
  } catch (thrown) {
    throw new FileUnusableError(`cannot read ${file}: ${messageOf(thrown)}`, { cause: thrown })
  }
  throw new FileUnusableError(`${file} is no file`)
}

async function uploadImage(
  connection: DaemonConnection,
  { name, version, onProgress }: ImageUpload,
  handle: FileHandle,
): Promise<Image> {
  const { size: totalBytes } = await handle.stat()
  let sentBytes = 0
  let rawBytes = 0
  const report = () => onProgress({ sentBytes, totalBytes, rawBytes })
  const counting = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sentBytes += chunk.length
      report()
      done(null, chunk)
    },
  })
  let query: ClientRequest | undefined
  const head = await sendRequest(connection, {
    method: 'POST',
    path: `/images?${new URLSearchParams({ name, version }).toString()}`,
    headers: { 'content-type': 'application/octet-stream', 'content-length': totalBytes },
    end: (started) => {
      query = started
      const source = handle.createReadStream({ highWaterMark: readBytes, autoClose: false })
      // The answer tells why an upload broke; the broken upload only that it did.
      pipeline(source, counting, started).catch((thrown: unknown) => {
        started.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)))
      })
    },
  })
  try {
    return await readAnswer(head, (bytes) => {
      rawBytes = bytes
      report()
    })
  } finally {
    query?.destroy()
  }
}

async function readAnswer(
  head: IncomingMessage,
  onRawBytes: (rawBytes: number) => void,
): Promise<Image> {
  for await (const text of linesOf(head)) {
    const line = checkedAnswer(importLineSchema, parseLine(text))
    if ('image' in line) return line.image
    if ('problem' in line) throw new DaemonProblemError(line.problem)
    onRawBytes(line.rawBytes)
  }
  throw new DaemonAnswerError('the daemon went away before it had stored the image', {
    remedy: 'import it again',
  })
}

/** A stream that breaks makes the loop over this throw; readline would leave that unheard. */
async function* linesOf(head: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  for await (const text of head.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}

function parseLine(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (thrown) {
    throw new DaemonAnswerError('the answer of the daemon is cut off or no JSON', { cause: thrown })
  }
}
