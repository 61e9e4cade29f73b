import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { BackupUnusableError } from './errors.ts'

/*
 *   {"path":"repave.db","sizeBytes":40960}\n  40960 bytes   ... for each file ...
 *   {"sha256":"…"}\n                          of everything before this line
 */

/** A file of the backup. */
export interface ArchivedFile {
  /** Relative to the data directory. */
  readonly path: string
  /** Where its bytes are. */
  readonly source: string
}

const longestLine = 4096
/** Nothing else is ever restored. */
const allowedPath =
  /^(?:repave\.(?:db|leases)|(?:keys|tls|secrets|content)(?:\/[\w@.-]{1,128}){1,4})$/

/** The files as one stream, with a digest at its end. */
export async function* packArchive(files: readonly ArchivedFile[]): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  for (const { path, source } of files) {
    const { size } = await stat(source)
    const head = Buffer.from(`${JSON.stringify({ path, sizeBytes: size })}\n`)
    hash.update(head)
    yield head
    let left = size
    // A file that grows meanwhile is taken as long as it was.
    for await (const bytes of createReadStream(source) as AsyncIterable<Buffer>) {
      const part = bytes.subarray(0, left)
      left -= part.length
      hash.update(part)
      yield part
      if (left === 0) break
    }
    if (left > 0) throw new Error(`${source} got shorter while it was read`)
  }
  yield Buffer.from(`${JSON.stringify({ sha256: hash.digest('hex') })}\n`)
}

/**
 * Writes the files of an archive into `directory`, or only checks them where there is none.
 *
 * @returns their paths
 * @throws {BackupUnusableError} when it is cut, changed or holds what no backup of ours does
 */
export async function unpackArchive(
  archive: AsyncIterable<Uint8Array>,
  directory?: string,
): Promise<readonly string[]> {
  const reader = new ArchiveReader(archive)
  const paths: string[] = []
  for (;;) {
    const before = reader.digest()
    const line = await reader.line()
    if ('sha256' in line) {
      if (line['sha256'] !== before) throw new BackupUnusableError('its digest is another')
      await reader.end()
      return paths
    }
    const { path, sizeBytes } = line as { path?: unknown; sizeBytes?: unknown }
    const isFile = typeof path === 'string' && allowedPath.test(path) && !path.includes('..')
    if (!isFile || typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes)) {
      throw new BackupUnusableError('it holds what no backup of ours does')
    }
    await writeFile(
      reader.bytes(sizeBytes),
      directory === undefined ? undefined : join(directory, path),
    )
    paths.push(path)
  }
}

async function writeFile(
  bytes: AsyncIterable<Uint8Array>,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) {
    for await (const _part of bytes);
    return
  }
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await using file = await open(path, 'wx', 0o600)
  for await (const part of bytes) await file.appendFile(part)
  await file.sync()
}

class ArchiveReader {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #hash = createHash('sha256')
  #rest: Uint8Array = new Uint8Array()

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  digest(): string {
    return this.#hash.copy().digest('hex')
  }

  async line(): Promise<Record<string, unknown>> {
    let end = this.#rest.indexOf(10)
    while (end < 0 && this.#rest.length <= longestLine) {
      this.#rest = Buffer.concat([this.#rest, await this.#more()])
      end = this.#rest.indexOf(10)
    }
    if (end < 0) throw new BackupUnusableError('it is no backup of ours')
    const text = Buffer.from(this.#take(end + 1)).toString()
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
    } catch {
      // Said below.
    }
    throw new BackupUnusableError('it is no backup of ours')
  }

  async *bytes(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) this.#rest = await this.#more()
      const part = this.#take(Math.min(left, this.#rest.length))
      left -= part.length
      yield part
    }
  }

  async end(): Promise<void> {
    let excessBytes = this.#rest.length
    for (let step = await this.#source.next(); step.done !== true;) {
      excessBytes += step.value.length
      step = await this.#source.next()
    }
    if (excessBytes > 0) throw new BackupUnusableError('it is too long')
  }

  #take(count: number): Uint8Array {
    const part = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    this.#hash.update(part)
    return part
  }

  async #more(): Promise<Uint8Array> {
    const { value, done } = await this.#source.next()
    if (done === true) throw new BackupUnusableError('it ends too early')
    return value
  }
}
