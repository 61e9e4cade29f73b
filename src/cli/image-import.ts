import { type FileHandle, open } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { basename } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { Image } from '../contract/api-documents.ts'
import { importLineSchema } from '../contract/image-import.ts'
import {
  checkedAnswer,
  type DaemonConnection,
  type RawRequest,
  sendRequest,
} from '../operator-client/daemon-request.ts'
import { DaemonAnswerError, DaemonProblemError } from '../operator-client/errors.ts'
import { FileUnusableError } from './errors.ts'
import type { ImportProgress } from './import-progress.ts'

/** Where an image is: bytes that we send, or an address from which the daemon fetches it. */
export type ImageSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin'; readonly stream: Readable }
  | { readonly kind: 'url'; readonly url: string }

/** The query of `POST /api/v1/images` without `fileName`; what is not wished for is not there. */
export type ImportWishes = Readonly<Record<string, string>>

export interface WantedImport {
  readonly source: ImageSource
  /** What it is to be called, and what must be true of it. */
  readonly wishes: ImportWishes
  onProgress(progress: ImportProgress): void
}

/** What is read of the file at a time. */
const readBytes = 1024 * 1024

/**
 * Gives an image to the daemon, which sniffs, unpacks, chunks, signs and stores it.
 *
 * @throws {FileUnusableError} when the file cannot be read
 * @throws {DaemonProblemError} when the daemon does not take it
 */
export async function importImage(
  connection: DaemonConnection,
  { source, wishes, onProgress }: WantedImport,
): Promise<Image> {
  const ask = (query: Record<string, string>, body: ImportBody) =>
    askImport(connection, query, body, onProgress)
  if (source.kind === 'url') return ask(wishes, urlBody(source.url))
  if (source.kind === 'stdin') return ask(wishes, uploadBody(source.stream, onProgress))
  await using handle = await openImage(source.path)
  const { size } = await handle.stat()
  const stream = handle.createReadStream({ highWaterMark: readBytes, autoClose: false })
  const query = { ...wishes, fileName: basename(source.path) }
  return await ask(query, uploadBody(stream, onProgress, size))
}

async function openImage(file: string): Promise<FileHandle> {
  try {
    const handle = await open(file)
    if ((await handle.stat()).isFile()) return handle
    await handle.close()
  } catch (thrown) {
    throw new FileUnusableError(`cannot read ${file}`, { cause: thrown })
  }
  throw new FileUnusableError(`${file} is no file`)
}

interface ImportBody extends Pick<RawRequest, 'headers' | 'end'> {
  /** How far it is, from what the daemon says. */
  progressOf(line: ImportProgress): ImportProgress
}

function urlBody(url: string): ImportBody {
  return {
    headers: { 'content-type': 'application/json' },
    end: (query) => query.end(JSON.stringify({ url })),
    progressOf: (line) => line,
  }
}

function uploadBody(
  stream: Readable,
  onProgress: (progress: ImportProgress) => void,
  totalBytes?: number,
): ImportBody {
  const total = totalBytes === undefined ? {} : { totalBytes }
  let sourceBytes = 0
  let rawBytes = 0
  const counting = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sourceBytes += chunk.length
      onProgress({ sourceBytes, rawBytes, ...total })
      done(null, chunk)
    },
  })
  return {
    headers: {
      'content-type': 'application/octet-stream',
      ...(totalBytes === undefined ? {} : { 'content-length': totalBytes }),
    },
    end: (query) => {
      // The answer tells why an upload broke; the broken upload only that it did.
      pipeline(stream, counting, query).catch((thrown: unknown) => {
        query.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)))
      })
    },
    progressOf: (line) => {
      rawBytes = line.rawBytes
      return { sourceBytes, rawBytes, ...total }
    },
  }
}

async function askImport(
  connection: DaemonConnection,
  query: Record<string, string>,
  body: ImportBody,
  onProgress: (progress: ImportProgress) => void,
): Promise<Image> {
  const abort = new AbortController()
  const signal = AbortSignal.any([connection.signal, abort.signal])
  const head = await sendRequest(
    { ...connection, signal },
    {
      method: 'POST',
      path: `/images?${new URLSearchParams(query).toString()}`,
      headers: body.headers,
      end: body.end,
    },
  )
  try {
    return await readAnswer(head, (line) => onProgress(body.progressOf(line)))
  } finally {
    // An upload that the daemon has not read to its end would hold its source for ever.
    abort.abort()
  }
}

async function readAnswer(
  head: IncomingMessage,
  onProgress: (progress: ImportProgress) => void,
): Promise<Image> {
  for await (const text of linesOf(head)) {
    const line = checkedAnswer(importLineSchema, parseLine(text))
    if ('image' in line) return line.image
    if ('problem' in line) throw new DaemonProblemError(line.problem)
    const { sourceBytes, totalBytes, rawBytes } = line
    onProgress({ sourceBytes, rawBytes, ...(totalBytes === undefined ? {} : { totalBytes }) })
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
