import { connect, type Socket } from 'node:net'

import { latin1Text } from '../../base/ascii.ts'
import { messageOf } from '../../base/coded-error.ts'
import { FetchFailedError } from './errors.ts'

const maximumHeaderBytes = 16 * 1024
const idleTimeoutMs = 30_000
const nothing = new Uint8Array(0)

interface Pending {
  readonly target: Uint8Array
  readonly offset: number
  readonly resolve: () => void
  readonly reject: (error: FetchFailedError) => void
  readonly onBytes: (count: number) => void
  header: Uint8Array
  bodyBytes: number
  inBody: boolean
}

/**
 * One keep-alive HTTP/1.1 connection that asks for byte ranges and receives them straight into the
 * callers' buffers. Ranges may be asked for while others are on their way: they come in that order (RFC
 * 9112 §9.3.2). Strict: anything but `206` with exactly the range asked for is an error, and an error
 * closes the connection and fails all that are waiting (RFC 9110 §14).
 */
export class RangeConnection {
  readonly #url: URL
  readonly #localAddress: string | undefined
  #socket: Socket | undefined
  #queue: Pending[] = []

  /**
   * @param url an `http:` URL
   * @param localAddress to speak from; as the kernel chooses where absent
   */
  constructor(url: URL, localAddress?: string) {
    this.#url = url
    this.#localAddress = localAddress
  }

  /**
   * Fills `target` with the bytes from `offset` on. `onBytes` is told of each piece; after a failure
   * those pieces are in place.
   *
   * @throws {FetchFailedError}
   */
  async fetchInto(
    target: Uint8Array,
    offset: number,
    onBytes: (count: number) => void,
  ): Promise<void> {
    const socket = this.#socket ?? this.#connect()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const start = { header: new Uint8Array(0), bodyBytes: 0, inBody: false }
    this.#queue.push({ target, offset, resolve, reject, onBytes, ...start })
    socket.write(this.#request(target.length, offset))
    await promise
  }

  close(): void {
    this.#fail('closed')
  }

  #request(length: number, offset: number): string {
    const { pathname, search, host } = this.#url
    const range = `bytes=${offset}-${offset + length - 1}`
    return `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nRange: ${range}\r\nAccept-Encoding: identity\r\n\r\n`
  }

  #connect(): Socket {
    const headerBuffer = new Uint8Array(64 * 1024)
    const { hostname, port } = this.#url
    const socket: Socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 80),
      noDelay: true,
      ...(this.#localAddress === undefined ? {} : { localAddress: this.#localAddress }),
      onread: {
        buffer: () => this.#nextBuffer(headerBuffer),
        callback: (count: number, buffer: Uint8Array) => {
          this.#receive(buffer.subarray(0, count))
          return true
        },
      },
    })
    const failWith = (reason: string) => {
      if (this.#socket === socket) this.#fail(reason)
    }
    socket.setTimeout(idleTimeoutMs, () => failWith(`no byte for ${idleTimeoutMs / 1000} s`))
    socket.on('error', (error) => failWith(messageOf(error)))
    socket.on('close', () => failWith('the connection was closed'))
    socket.on('end', () => failWith('the connection was closed'))
    this.#socket = socket
    return socket
  }

  /** In the body the next bytes go where they belong; else, and while idle, into the header buffer. */
  #nextBuffer(headerBuffer: Uint8Array): Uint8Array {
    const [pending] = this.#queue
    return pending?.inBody === true ? pending.target.subarray(pending.bodyBytes) : headerBuffer
  }

  #receive(bytes: Uint8Array): void {
    let rest = bytes
    while (rest.length > 0) {
      const [pending] = this.#queue
      if (pending === undefined) return this.#fail('bytes that nobody asked for')
      rest = pending.inBody ? this.#takeBody(pending, rest) : this.#takeHeader(pending, rest)
    }
  }

  /** @returns what lies behind the header */
  #takeHeader(pending: Pending, bytes: Uint8Array): Uint8Array {
    // Most headers come whole: a copy of each would be garbage that nobody collects for a while.
    const isFirst = pending.header.length === 0
    const header = isFirst
      ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      : Buffer.concat([pending.header, bytes])
    const end = header.indexOf('\r\n\r\n')
    if (end === -1) {
      pending.header = Buffer.from(header)
      if (header.length > maximumHeaderBytes) this.#fail('endless header')
      return nothing
    }
    const text = latin1Text(header.subarray(0, end))
    const refusal = refuseHeader(text, pending.offset, pending.target.length)
    if (refusal !== undefined) {
      this.#fail(refusal.reason, refusal.status)
      return nothing
    }
    pending.inBody = true
    return header.subarray(end + 4)
  }

  /** @returns what lies behind the body */
  #takeBody(pending: Pending, bytes: Uint8Array): Uint8Array {
    const { target } = pending
    const taken = bytes.subarray(0, target.length - pending.bodyBytes)
    if (taken.length < bytes.length && this.#queue.length === 1) {
      this.#fail('more bytes than asked for')
      return nothing
    }
    const place = target.subarray(pending.bodyBytes, pending.bodyBytes + taken.length)
    const isThere = place.buffer === taken.buffer && place.byteOffset === taken.byteOffset
    if (!isThere) place.set(taken)
    pending.bodyBytes += taken.length
    pending.onBytes(taken.length)
    if (pending.bodyBytes === target.length) {
      this.#queue.shift()
      pending.resolve()
    }
    return bytes.subarray(taken.length)
  }

  #fail(reason: string, status?: number): void {
    const waiting = this.#queue
    this.#queue = []
    this.#socket?.destroy()
    this.#socket = undefined
    for (const { reject } of waiting) reject(new FetchFailedError(this.#url.href, reason, status))
  }
}

/** Undefined when the answer is the very range that was asked for. */
function refuseHeader(
  header: string,
  offset: number,
  length: number,
): { reason: string; status: number } | undefined {
  const [statusLine = '', ...lines] = header.split('\r\n')
  const status = Number(/^HTTP\/1\.1 (\d{3})(?: |$)/.exec(statusLine)?.[1] ?? 0)
  if (status !== 206) return { status, reason: `answered ${status || 'nothing sensible'}, not 206` }
  const fields = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) return { status, reason: 'a header line without a colon' }
    fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  if (fields.has('transfer-encoding') || fields.has('content-encoding')) {
    return { status, reason: 'the range is encoded' }
  }
  const range = new RegExp(`^bytes ${offset}-${offset + length - 1}/(?:\\d+|\\*)$`)
  if (!range.test(fields.get('content-range') ?? '')) return { status, reason: 'another range' }
  if (fields.get('content-length') !== String(length)) return { status, reason: 'another length' }
  return undefined
}
