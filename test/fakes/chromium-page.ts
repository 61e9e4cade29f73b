import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { WebSocket } from 'ws'

interface Answer {
  readonly id?: number
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

export interface PageView {
  readonly width: number
  readonly height: number
  readonly scheme: 'light' | 'dark'
}

/** Debian's Chromium, without a window, on one page; driven over its DevTools protocol. */
export class ChromiumPage implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #profile: string
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #lastId = 0

  private constructor(process: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = process
    this.#profile = profile
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      const { id, result, error } = JSON.parse(String(data)) as Answer
      const waiting = this.#waiting.get(id ?? 0)
      if (error === undefined) waiting?.resolve(result)
      else waiting?.reject(new Error(error.message))
    })
  }

  static async open(url: string): Promise<ChromiumPage> {
    const profile = await mkdtemp(join(tmpdir(), 'repave-chromium-'))
    const process = spawn(
      'chromium',
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0'],
        ...[`--user-data-dir=${profile}`, '--window-size=1200,900', url],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const port = await devToolsPort(process)
    const pages = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()
    const page = (pages as { type: string; webSocketDebuggerUrl: string }[]).find(
      ({ type }) => type === 'page',
    )
    const socket = new WebSocket(page?.webSocketDebuggerUrl ?? '')
    await once(socket, 'open')
    return new ChromiumPage(process, profile, socket)
  }

  /** What a person reads. */
  async text(): Promise<string> {
    const text = await this.evaluate('document.body.innerText')
    return typeof text === 'string' ? text : ''
  }

  /** The value of an expression, as far as it is JSON. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = (await this.#ask('Runtime.evaluate', {
      ...{ expression, returnByValue: true, awaitPromise: true },
    })) as { result: { value?: unknown } }
    return result.value
  }

  /** Shows the page to a person with so much room, who likes it light or dark. */
  async show({ width, height, scheme }: PageView): Promise<void> {
    const size = { width, height, deviceScaleFactor: 1, mobile: false }
    await this.#ask('Emulation.setDeviceMetricsOverride', size)
    const features = [{ name: 'prefers-color-scheme', value: scheme }]
    await this.#ask('Emulation.setEmulatedMedia', { features })
  }

  /** What it looks like, as PNG. */
  async picture(): Promise<Buffer> {
    const { data } = (await this.#ask('Page.captureScreenshot', { format: 'png' })) as {
      data: string
    }
    return Buffer.from(data, 'base64')
  }

  goTo(url: string): Promise<unknown> {
    return this.#ask('Page.navigate', { url })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate()
    const ended = once(this.#process, 'close')
    this.#process.kill('SIGKILL')
    await ended
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  #ask(method: string, params: object): Promise<unknown> {
    const id = ++this.#lastId
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(id, waiting)
    this.#socket.send(JSON.stringify({ id, method, params }))
    return waiting.promise
  }
}

/** From the line with which it says where it listens. */
async function devToolsPort(process: ChildProcess): Promise<string> {
  if (process.stderr === null) throw new TypeError('expected a pipe')
  for await (const line of createInterface({ input: process.stderr })) {
    const port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//.exec(line)?.[1]
    if (port !== undefined) return port
  }
  throw new Error('chromium ended before it listened')
}
