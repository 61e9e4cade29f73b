import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { appendFile, mkdir, open, readdir, readFile, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'

import { GIBIBYTE } from '../../../base/byte-size.ts'
import { messageOf } from '../../../base/coded-error.ts'
import { type Digest, digestFromBytes, readDigest } from '../../../base/digest.ts'
import { captureChunkBytes, type CaptureFinish } from '../../../contract/capture.ts'
import type { Capture, CaptureSpool, SpooledChunk } from '../../domain/image/capture-spool.ts'
import type { ImageImporter, StoredImage } from '../../domain/image/image-store.ts'
import { CaptureChunkError, CaptureIncompleteError, CaptureSpaceError } from './errors.ts'
import { spooledSource } from './spooled-source.ts'

const decompress = promisify(zstdDecompress)
/** Stays free for the database, whatever machines send. */
const reserveBytes = GIBIBYTE

export interface FolderCaptureSpoolOptions {
  /** One folder a run: `raw`, a sparse file, and `chunks`, a line for each that is in it. */
  readonly directory: string
  readonly importer: ImageImporter
}

/** Captured disks as sparse files. */
export class FolderCaptureSpool implements CaptureSpool {
  readonly #directory: string
  readonly #importer: ImageImporter

  constructor({ directory, importer }: FolderCaptureSpoolOptions) {
    this.#directory = directory
    this.#importer = importer
  }

  async storedChunks(runId: string): Promise<readonly SpooledChunk[]> {
    const text = await readFile(join(this.#directory, runId, 'chunks'), 'utf8').catch(absentText)
    const newest = new Map<number, Digest>()
    for (const line of text.split('\n')) {
      const [index = '', digest = ''] = line.split(' ')
      const rawDigest = readDigest(digest)
      // The last line of a daemon that was killed may be cut.
      if (/^\d+$/.test(index) && rawDigest !== undefined) newest.set(Number(index), rawDigest)
    }
    return [...newest].map(([index, rawDigest]) => ({ index, rawDigest }))
  }

  async storeChunk(capture: Capture, index: number, frame: Uint8Array): Promise<void> {
    const raw = await decodeFrame(index, frame)
    const offset = index * captureChunkBytes
    if (raw.length === 0 || offset + raw.length > capture.diskBytes) {
      throw new CaptureChunkError(index, 'it lies outside the disk')
    }
    const folder = join(this.#directory, capture.runId)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await this.#requireSpace()
    await using file = await open(join(folder, 'raw'), constants.O_RDWR | constants.O_CREAT, 0o600)
    const { bytesWritten } = await file.write(raw, 0, raw.length, offset)
    if (bytesWritten !== raw.length) throw new CaptureSpaceError(0)
    const digest = digestFromBytes(createHash('sha256').update(raw).digest())
    await appendFile(join(folder, 'chunks'), `${index} ${digest}\n`)
  }

  async finish(capture: Capture, finish: CaptureFinish): Promise<StoredImage> {
    const { rawBytes, sectorBytes, chunkDigests } = finish
    if (chunkDigests.length !== Math.ceil(rawBytes / captureChunkBytes)) {
      throw new CaptureIncompleteError(
        `${chunkDigests.length} chunks are listed for ${rawBytes} bytes`,
      )
    }
    const folder = join(this.#directory, capture.runId)
    await this.#requireAllStored(capture.runId, chunkDigests)
    const image = await this.#importer.importImage({
      name: capture.imageName,
      version: capture.imageVersion,
      sectorBytes,
      principal: `agent:${capture.machineName}`,
      source: spooledSource(join(folder, 'raw'), capture, finish),
    })
    await rm(folder, { recursive: true, force: true })
    return image
  }

  async keepOnly(runIds: ReadonlySet<string>): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.#directory)) {
      if (!runIds.has(name)) await rm(join(this.#directory, name), { recursive: true, force: true })
    }
  }

  async #requireAllStored(runId: string, wanted: CaptureFinish['chunkDigests']): Promise<void> {
    const stored = new Map(
      (await this.storedChunks(runId)).map(({ index, rawDigest }) => [index, rawDigest]),
    )
    const missing = wanted.findIndex(
      (digest, index) => digest !== null && stored.get(index) !== digest,
    )
    if (missing !== -1) throw new CaptureIncompleteError(`chunk ${missing} is not there`)
  }

  async #requireSpace(): Promise<void> {
    const { bavail, bsize } = await statfs(this.#directory)
    const freeBytes = bavail * bsize
    if (freeBytes < reserveBytes + captureChunkBytes) throw new CaptureSpaceError(freeBytes)
  }
}

async function decodeFrame(index: number, frame: Uint8Array): Promise<Buffer> {
  try {
    return await decompress(frame, { maxOutputLength: captureChunkBytes })
  } catch (error) {
    throw new CaptureChunkError(index, messageOf(error))
  }
}

function absentText(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') throw error
  return ''
}
