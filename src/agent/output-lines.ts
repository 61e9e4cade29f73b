import { StringDecoder } from 'node:string_decoder'

const longestLine = 2000

/** Cuts what a program prints into lines; a line that does not end is cut where it grows too long. */
export class OutputLines {
  readonly #log: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  #rest = ''

  constructor(log: (line: string) => void) {
    this.#log = log
  }

  add(bytes: Buffer): void {
    this.#rest += this.#decoder.write(bytes)
    for (;;) {
      const end = this.#rest.indexOf('\n')
      if (end === -1 && this.#rest.length < longestLine) return
      const length = end === -1 || end > longestLine ? longestLine : end
      this.#log(this.#rest.slice(0, length))
      this.#rest = this.#rest.slice(length === end ? end + 1 : length)
    }
  }

  /** Says what stands there without an end of line. */
  end(): void {
    const rest = this.#rest + this.#decoder.end()
    this.#rest = ''
    if (rest !== '') this.#log(rest)
  }
}
