import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

import { describe, expect, test } from 'vitest'

import { PackSource } from '../../../src/agent/block-writer/pack-source.ts'
import { RangeConnection } from '../../../src/agent/block-writer/range-connection.ts'

/** A server that answers each request with the bytes given, whatever they are. */
const startRawServer = async (respond: (socket: Socket, request: string) => void) => {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('data', (data) => respond(socket, data.toString('latin1')))
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`http://127.0.0.1:${port}/pack`),
    connections: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const header = (fields: string) => `HTTP/1.1 206 Partial Content\r\n${fields}\r\n\r\n`
const right = header('Content-Range: bytes 10-14/100\r\nContent-Length: 5')

const fetchFive = async (url: URL) => {
  const connection = new RangeConnection(url)
  const target = Buffer.alloc(5)
  try {
    await connection.fetchInto(target, 10, () => undefined)
    return target.toString()
  } finally {
    connection.close()
  }
}

describe('RangeConnection', () => {
  test.each([
    ['another status', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'],
    ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['HTTP/1.0', right.replace('1.1', '1.0')],
    ['no range', header('Content-Length: 5')],
    ['another range', header('Content-Range: bytes 11-15/100\r\nContent-Length: 5')],
    ['another length', header('Content-Range: bytes 10-14/100\r\nContent-Length: 6')],
    ['no length', header('Content-Range: bytes 10-14/100')],
    ['an encoding', right.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n')],
    ['a compression', right.replace('\r\n\r\n', '\r\nContent-Encoding: gzip\r\n\r\n')],
    ['a line without a colon', right.replace('\r\n\r\n', '\r\nnonsense\r\n\r\n')],
    ['an endless header', `HTTP/1.1 206 Partial Content\r\nX: ${'x'.repeat(20_000)}`],
    ['more bytes than asked for', `${right}hello world`],
  ])('refuses an answer with %s', async (_what, answer) => {
    await using server = await startRawServer((socket) => socket.write(answer))
    await expect(fetchFive(server.url)).rejects.toMatchObject({ code: 'ERR_FETCH_FAILED' })
  })

  test('fails when nothing listens', async () => {
    const server = await startRawServer(() => undefined)
    await server[Symbol.asyncDispose]()
    await expect(fetchFive(server.url)).rejects.toThrow('ECONNREFUSED')
  })

  test('asks for exactly the range, and takes it in whatever pieces it comes', async () => {
    let request = ''
    await using server = await startRawServer((socket, text) => {
      request = text
      const bytes = `${right}hello`.split('')
      const next = () => {
        const byte = bytes.shift()
        if (byte !== undefined) socket.write(byte, () => setImmediate(next))
      }
      next()
    })
    expect(await fetchFive(server.url)).toBe('hello')
    expect(request).toContain('GET /pack HTTP/1.1\r\n')
    expect(request).toContain('Range: bytes=10-14\r\n')
  })

  test('keeps the connection for the next range, and makes a new one when it was closed', async () => {
    await using server = await startRawServer((socket) => socket.write(`${right}hello`))
    const connection = new RangeConnection(server.url)
    const target = Buffer.alloc(5)
    await connection.fetchInto(target, 10, () => undefined)
    await connection.fetchInto(target, 10, () => undefined)
    expect(server.connections()).toBe(1)
    connection.close()
    await connection.fetchInto(target, 10, () => undefined)
    expect(server.connections()).toBe(2)
    connection.close()
  })
})

describe('PackSource', () => {
  const options = () => ({
    clock: { nowMs: () => 0, monotonicMs: () => performance.now() },
    signal: new AbortController().signal,
    log: () => undefined,
    onBytes: () => undefined,
    onReconnect: () => undefined,
  })

  test('gives up at once when the daemon says that there is no such thing', async () => {
    let requests = 0
    await using server = await startRawServer((socket) => {
      requests++
      socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    })
    using source = new PackSource(server.url, options())
    await expect(source.read(Buffer.alloc(5), 10)).rejects.toMatchObject({ status: 404 })
    expect(requests).toBe(1)
  })

  test('gives up when not one byte has come for as long as its patience', async () => {
    await using server = await startRawServer((socket) => socket.destroy())
    using source = new PackSource(server.url, { ...options(), patienceMs: 300 })
    await expect(source.read(Buffer.alloc(5), 10)).rejects.toMatchObject({
      code: 'ERR_FETCH_FAILED',
    })
  })

  test('waits while the server is in trouble and then goes on (B01)', async () => {
    let requests = 0
    await using server = await startRawServer((socket) => {
      const trouble = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n'
      socket.write(++requests === 1 ? trouble : `${right}hello`)
    })
    using source = new PackSource(server.url, options())
    const target = Buffer.alloc(5)
    await source.read(target, 10)
    expect(target.toString()).toBe('hello')
  })

  test('stops at once when it is told to', async () => {
    const abort = new AbortController()
    await using server = await startRawServer(() => abort.abort(new Error('told to stop')))
    using source = new PackSource(server.url, { ...options(), signal: abort.signal })
    await expect(source.read(Buffer.alloc(5), 10)).rejects.toThrow('told to stop')
  })
})
