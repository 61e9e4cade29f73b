import { once } from 'node:events'
import { fstatSync, openSync } from 'node:fs'
import { IncomingMessage, ServerResponse } from 'node:http'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { KIBIBYTE, MEBIBYTE } from '../../../../../src/base/byte-size.ts'
import { KernelSender } from '../../../../../src/daemon/servers/http/kernel-sender.ts'

interface Call {
  readonly socket: number
  readonly lengthBytes: number
  readonly finish: (sentBytes: number) => void
}

const part = { descriptor: 99, position: 0, lengthBytes: 4 * MEBIBYTE }
const isOpen = (descriptor: number) => {
  try {
    fstatSync(descriptor)
    return true
  } catch {
    return false
  }
}

describe(KernelSender, () => {
  let server: Server
  let sockets: Socket[]
  let calls: Call[]
  let duplicates: number[]
  let sender: KernelSender
  let cachedBytes: number
  let corks: boolean[]

  beforeEach(async () => {
    sockets = []
    calls = []
    duplicates = []
    cachedBytes = 0
    corks = []
    server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    sender = new KernelSender({
      sendFile: (socket, _file, _position, lengthBytes) =>
        new Promise((finish) => calls.push({ socket, lengthBytes, finish })),
      sendCached: (_socket, _file, _position, lengthBytes) => Math.min(lengthBytes, cachedBytes),
      cork: (_socket, isHeldBack) => corks.push(isHeldBack),
      duplicate: () => {
        // Any descriptor that is ours to close.
        const descriptor = openSync('/dev/null', 'r')
        duplicates.push(descriptor)
        return descriptor
      },
    })
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })

  const accept = async (): Promise<Socket> => {
    const { port } = server.address() as { port: number }
    const accepted = once(server, 'connection')
    sockets.push(connect(port, '127.0.0.1'))
    const [socket] = (await accepted) as [Socket]
    sockets.push(socket)
    return socket
  }
  const responseOn = (socket: Socket): ServerResponse => {
    const response = new ServerResponse(new IncomingMessage(socket))
    response.assignSocket(socket)
    response.setHeader('content-length', part.lengthBytes)
    return response
  }
  const turns = () => new Promise((resolve) => setImmediate(resolve))

  it('takes a failure for no room: the ordinary way tells what is wrong', async () => {
    const sent = sender.send(await accept(), part)
    await turns()
    calls[0]?.finish(-1)
    expect(await sent).toEqual({ sentBytes: 0, hasRoom: false })
  })

  it('lets headers leave alone where the file is not in memory', async () => {
    const socket = await accept()
    const response = responseOn(socket)
    cachedBytes = -1
    expect(sender.begin(response, part)).toBe(0)
    const [headers] = (await once(sockets[0] ?? socket, 'data')) as [Buffer]
    expect(headers.toString()).toContain('200 OK')
    expect(corks).toEqual([true, false])
  })

  it('sends no bytes of a file ahead of headers that are still on their way', async () => {
    const socket = await accept()
    cachedBytes = MEBIBYTE
    socket.cork()
    expect(sender.begin(responseOn(socket), part)).toBe(0)
    expect(corks).toEqual([true, false])
  })

  it('begins a file with its headers, and with less of it where others wait', async () => {
    cachedBytes = 4 * MEBIBYTE
    const response = responseOn(await accept())
    expect(sender.begin(response, part)).toBe(MEBIBYTE)
    expect(response.headersSent).toBe(true)
    expect(sender.begin(responseOn(await accept()), { ...part, lengthBytes: 5 })).toBe(5)
    const other = sender.send(await accept(), part)
    await turns()
    expect(sender.begin(responseOn(await accept()), part)).toBe(128 * KIBIBYTE)
    calls[0]?.finish(1)
    await other
  })

  it('tells whether there is more room', async () => {
    const socket = await accept()
    for (const [sentBytes, hasRoom] of [
      [1000, false],
      [part.lengthBytes, true],
    ] as const) {
      calls = []
      const sent = sender.send(socket, part)
      await turns()
      calls[0]?.finish(sentBytes)
      expect(await sent).toEqual({ sentBytes, hasRoom })
    }
  })

  it('H08 keeps its descriptor while the kernel uses it, and closes it when the client has gone', async () => {
    const socket = await accept()
    const sent = sender.send(socket, part)
    await turns()
    socket.destroy()
    await once(socket, 'close')
    expect(duplicates.map(isOpen)).toEqual([true])
    calls[0]?.finish(1)
    await sent
    expect(duplicates.map(isOpen)).toEqual([false])
    expect(await sender.send(socket, part)).toMatchObject({ sentBytes: 0 })
    expect(calls).toHaveLength(1)
  })

  it('closes the descriptor with the socket, and has one for all that it sends there', async () => {
    const socket = await accept()
    for (let count = 0; count < 3; count++) {
      const sent = sender.send(socket, part)
      await turns()
      calls[count]?.finish(1)
      await sent
    }
    expect(duplicates.map(isOpen)).toEqual([true])
    socket.destroy()
    await once(socket, 'close')
    expect(duplicates.map(isOpen)).toEqual([false])
  })

  it('leaves a socket alone that Node is still writing to', async () => {
    const socket = await accept()
    socket.cork()
    socket.write('headers')
    expect(await sender.send(socket, part)).toMatchObject({ sentBytes: 0 })
    expect(calls).toEqual([])
  })

  it('gives one client all that it wants, and each of a crowd the same, in turn', async () => {
    const alone = sender.send(await accept(), part)
    await turns()
    expect(calls.map(({ lengthBytes }) => lengthBytes)).toEqual([4 * MEBIBYTE])
    calls[0]?.finish(1)
    await alone
    calls = []
    const crowd: Socket[] = []
    for (let count = 0; count < 6; count++) crowd.push(await accept())
    duplicates = []
    const sent = crowd.map((socket) => sender.send(socket, part))
    await turns()
    // The last two wait for their turn.
    expect(calls.map(({ lengthBytes }) => lengthBytes)).toEqual(Array(4).fill(256 * KIBIBYTE))
    calls[1]?.finish(1)
    calls[0]?.finish(1)
    await turns()
    expect(calls.map(({ socket }) => duplicates.indexOf(socket))).toEqual([0, 1, 2, 3, 4, 5])
    for (const { finish } of calls) finish(1)
    const taken = await Promise.all(sent)
    expect(taken.map(({ sentBytes }) => sentBytes)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('never sends in the clear where Node encrypts', async () => {
    const socket = new TLSSocket(await accept())
    sockets.push(socket)
    expect(sender.reaches(socket)).toBe(false)
    expect(await sender.send(socket, part)).toMatchObject({ sentBytes: 0 })
    expect(calls).toEqual([])
  })

  it('does without where no second descriptor can be had', async () => {
    const poor = new KernelSender({
      sendFile: () => Promise.reject(new Error('must not be called')),
      sendCached: () => part.lengthBytes,
      cork: () => undefined,
      duplicate: () => -1,
    })
    expect(await poor.send(await accept(), part)).toMatchObject({ sentBytes: 0 })
    expect(poor.begin(responseOn(await accept()), part)).toBe(0)
  })
})
