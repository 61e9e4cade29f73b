import { Worker } from 'node:worker_threads'

import { type Digest, digestFromBytes } from '../../../base/digest.ts'

/**
 * A sha256 over a whole disk, computed in a thread of its own: it cannot be divided, and takes as long
 * as everything else that an import does with the bytes.
 */
export class RollingHash implements AsyncDisposable {
  readonly #worker = new Worker(new URL('./rolling-hash-worker.ts', import.meta.url))
  readonly #waiting: PromiseWithResolvers<unknown>[] = []

  constructor() {
    this.#worker.on('message', (answer) => this.#waiting.shift()?.resolve(answer))
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    })
  }

  /** Resolves when the thread has read `bytes`, which must lie at the start of shared memory. */
  async update(bytes: Buffer): Promise<void> {
    await this.#ask([bytes.buffer, bytes.length])
  }

  async digest(): Promise<Digest> {
    return digestFromBytes((await this.#ask('digest')) as Uint8Array)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }

  #ask(message: unknown): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.push(answer)
    this.#worker.postMessage(message, [])
    return answer.promise
  }
}
