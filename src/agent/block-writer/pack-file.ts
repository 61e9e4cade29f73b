import { type FileHandle, open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { messageOf } from '../../base/coded-error.ts'
import { FetchFailedError } from './errors.ts'
import type { PackReader, PackSourceOptions } from './pack-source.ts'

/** A pack that lies in a file of this machine, or in a part of it. */
export class PackFile implements PackReader {
  readonly #url: URL
  readonly #options: Pick<PackSourceOptions, 'signal' | 'onBytes'>
  #opening: Promise<FileHandle> | undefined

  /** @param url a `file:` URL; its fragment is the byte at which the pack begins, 0 without one */
  constructor(url: URL, options: Pick<PackSourceOptions, 'signal' | 'onBytes'>) {
    this.#url = url
    this.#options = options
  }

  /** @throws {FetchFailedError} when the file cannot be read, or ends too early */
  async read(target: Uint8Array, offset: number): Promise<void> {
    const { signal, onBytes } = this.#options
    const start = Number(this.#url.hash.slice(1))
    signal.throwIfAborted()
    try {
      this.#opening ??= open(fileURLToPath(this.#url.href.split('#', 1)[0] ?? ''))
      const file = await this.#opening
      for (let done = 0; done < target.length;) {
        const { bytesRead } = await file.read(
          target,
          done,
          target.length - done,
          start + offset + done,
        )
        if (bytesRead === 0) throw new RangeError(`it ends at byte ${offset + done}`)
        done += bytesRead
        onBytes(bytesRead)
      }
    } catch (error) {
      throw new FetchFailedError(this.#url.href, messageOf(error))
    }
  }

  [Symbol.dispose](): void {
    void this.#opening?.then((file) => file.close()).catch(() => undefined)
  }
}
