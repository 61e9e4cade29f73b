import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A line that takes longer than this is a failure. */
const patienceMs = 20_000

/** A child that speaks JSON, one value a line, on its standard input and output. */
export class LineProcess implements AsyncDisposable {
  readonly child: ChildProcess
  readonly #lines: unknown[] = []
  readonly #waiting = new Set<() => void>()
  #errors = ''
  #isLate = false

  constructor(child: ChildProcess) {
    this.child = child
    if (child.stdout === null) throw new TypeError('the child has no standard output')
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.#lines.push(JSON.parse(line))
      this.#wake()
    })
    child.stderr?.on('data', (text) => (this.#errors += String(text)))
    child.once('exit', () => this.#wake())
  }

  say(value: unknown): void {
    this.child.stdin?.write(`${JSON.stringify(value)}\n`)
  }

  /** Takes the first line that fits, waiting for it; lines that do not fit stay. */
  async take<Line>(fits: (line: Line) => boolean): Promise<Line> {
    const deadline = setTimeout(() => {
      this.#isLate = true
      this.#wake()
    }, patienceMs)
    try {
      return await this.#find(fits)
    } finally {
      clearTimeout(deadline)
    }
  }

  async #find<Line>(fits: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const index = this.#lines.findIndex((line) => fits(line as Line))
      if (index !== -1) return this.#lines.splice(index, 1)[0] as Line
      if (this.#isLate) throw new Error(`no such line came: ${JSON.stringify(this.#lines)}`)
      if (this.child.exitCode !== null) throw new Error(`the child has ended: ${this.#errors}`)
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  /** Every line that came and was not taken. */
  takeAll(): unknown[] {
    return this.#lines.splice(0)
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill(signal)
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGTERM')
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of waiting) resolve()
  }
}
