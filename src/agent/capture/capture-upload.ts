import { Agent as Connections } from 'node:http'
import { Agent as TlsConnections } from 'node:https'
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'

import { inertText } from '../../base/ascii.ts'
import { messageOf } from '../../base/coded-error.ts'
import { MEBIBYTE } from '../../base/byte-size.ts'
import type { Digest } from '../../base/digest.ts'
import {
  captureAttemptHeader,
  type CapturedImage,
  capturedImageSchema,
  type CaptureFinish,
  captureStateSchema,
} from '../../contract/capture.ts'
import { askDaemon, type DaemonRequest } from '../ask-daemon.ts'
import type { DaemonAddress } from '../daemon-trust.ts'
import { CaptureUploadError } from './errors.ts'

const compress = promisify(zstdCompress)
const requestTimeoutMs = 120_000
/** The daemon reads all chunks once more before it names the image. */
const finishTimeoutMs = 3_600_000
const tries = 5
/** What is stored already is listed with a digest for each chunk. */
const maximumAnswerBytes = 128 * MEBIBYTE

type UploadRequest = Pick<DaemonRequest, 'method' | 'headers' | 'body'>

/** Speed matters more than size here: the daemon packs the image anew. */
const zstdOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 },
}

/** Where a captured disk goes: one place at the daemon, for this run alone. */
export class CaptureUpload implements Disposable {
  readonly #url: string
  readonly #daemon: Pick<DaemonRequest, 'authority' | 'localAddress'>
  readonly #connections: Connections
  readonly #attemptId: string
  readonly #signal: AbortSignal

  /** @param uploadPath with a slash at its beginning and none at its end */
  constructor(
    daemon: DaemonAddress & Pick<DaemonRequest, 'localAddress'>,
    uploadPath: string,
    attemptId: string,
    signal: AbortSignal,
  ) {
    const { daemonUrl, authority, localAddress } = daemon
    this.#url = daemonUrl + uploadPath
    this.#daemon = { authority, localAddress }
    const isTls = daemonUrl.startsWith('https:')
    this.#connections = new (isTls ? TlsConnections : Connections)({ keepAlive: true })
    this.#attemptId = attemptId
    this.#signal = signal
  }

  /** What an earlier try has stored there. @throws {CaptureUploadError} */
  async storedChunks(): Promise<ReadonlyMap<number, Digest>> {
    const response = await this.#send('', { method: 'GET' }, requestTimeoutMs)
    const { stored } = captureStateSchema.parse(JSON.parse(response))
    return new Map(stored.map(({ index, rawDigest }) => [index, rawDigest]))
  }

  /** @returns bytes that went over the network @throws {CaptureUploadError} */
  async storeChunk(index: number, raw: Uint8Array): Promise<number> {
    const body = await compress(raw, zstdOptions)
    const headers = { 'content-type': 'application/zstd' }
    await this.#send(`/chunks/${index}`, { method: 'PUT', body, headers }, requestTimeoutMs)
    return body.length
  }

  /** @throws {CaptureUploadError} also when what is stored is not what `finish` lists */
  async finish(finish: CaptureFinish): Promise<CapturedImage> {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify(finish)
    const answer = await this.#send('/finish', { method: 'POST', body, headers }, finishTimeoutMs)
    return capturedImageSchema.parse(JSON.parse(answer))
  }

  /** A lost connection and a daemon that starts anew are waited for; a refusal is final. */
  async #send(path: string, request: UploadRequest, timeoutMs: number): Promise<string> {
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#trySend(path, request, timeoutMs)
      if (typeof failure === 'string') return failure
      this.#signal.throwIfAborted()
      if (!failure.shouldRetry() || attempt === tries) throw failure
      await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** attempt))
    }
  }

  async #trySend(
    path: string,
    request: UploadRequest,
    timeoutMs: number,
  ): Promise<string | CaptureUploadError> {
    try {
      const { status, text } = await askDaemon(new URL(this.#url + path), {
        ...request,
        ...this.#daemon,
        headers: { ...request.headers, [captureAttemptHeader]: this.#attemptId },
        signal: AbortSignal.any([this.#signal, AbortSignal.timeout(timeoutMs)]),
        ...{ idleTimeoutMs: timeoutMs, maximumAnswerBytes, connections: this.#connections },
      })
      if (status >= 200 && status < 300) return text
      return new CaptureUploadError(`${status} ${inertText(text, 500)}`, status >= 500)
    } catch (error) {
      return new CaptureUploadError(messageOf(error), true)
    }
  }

  [Symbol.dispose](): void {
    this.#connections.destroy()
  }
}
