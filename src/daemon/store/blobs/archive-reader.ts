import { ImageArchiveError } from './errors.ts'

/** Takes exact numbers of bytes off a stream. */
export class ArchiveReader {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array(0)

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** @throws {ImageArchiveError} when the stream ends before */
  async take(length: number): Promise<Buffer> {
    const taken = Buffer.allocUnsafeSlow(length)
    for (let filled = 0; filled < length;) {
      if (this.#rest.length === 0 && !(await this.#more())) {
        throw new ImageArchiveError(`it ends ${length - filled} bytes early`)
      }
      const part = this.#rest.subarray(0, length - filled)
      taken.set(part, filled)
      filled += part.length
      this.#rest = this.#rest.subarray(part.length)
    }
    return taken
  }

  /** @throws {ImageArchiveError} when there is no line end within `mostBytes` */
  async takeLine(mostBytes: number): Promise<string> {
    let line = ''
    while (line.length < mostBytes) {
      const character = (await this.take(1)).toString('latin1')
      if (character === '\n') return line
      line += character
    }
    throw new ImageArchiveError('it is no exported image')
  }

  /** @throws {ImageArchiveError} when anything follows */
  async requireEnd(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#more())) {
      throw new ImageArchiveError('something follows its end')
    }
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const next = await this.#source.next()
      if (next.done === true) return false
      if (next.value.length === 0) continue
      this.#rest = next.value
      return true
    }
  }
}
