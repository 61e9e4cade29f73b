import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** The disk behind the server. What it throws with an `errno` is what the kernel of the other side reports. */
export interface NbdDisk {
  readonly sizeBytes: number
  read(offset: number, length: number): Buffer | Promise<Buffer>
  write(offset: number, bytes: Buffer): void | Promise<void>
  flush(): void | Promise<void>
  /** Makes a range zero by itself. A disk without it is never asked to. */
  readonly zero?: ((offset: number, length: number) => Promise<void>) | undefined
}

export interface NbdServer extends AsyncDisposable {
  readonly socketPath: string
  /** Ends all connections at once, as a cable that is pulled; nothing under way is answered. */
  sever(): void
}

const optionMagic = 0x49484156454f5054n
const replyMagic = 0x0003e889045565a9n
const requestMagic = 0x25609513
const simpleReplyMagic = 0x67446698
/** NBD_FLAG_HAS_FLAGS and NBD_FLAG_SEND_FLUSH. */
const exportFlags = 0b101
/** NBD_FLAG_SEND_WRITE_ZEROES. */
const zeroesFlag = 0b100_0000
const options = { abort: 2, info: 6, go: 7 }
const replies = { acknowledge: 1, info: 3, unsupported: 0x8000_0001 }
const requests = { read: 0, write: 1, disconnect: 2, flush: 3, zero: 6 }
const errorIo = 5

/**
 * Serves one disk over NBD (doc/proto.md of the NBD project: fixed newstyle handshake, simple replies) on
 * a Unix socket.
 */
export async function startNbdServer(disk: NbdDisk, socketPath: string): Promise<NbdServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    serve(socket, disk).catch(() => socket.destroy())
  })
  const sever = () => {
    for (const socket of sockets) socket.destroy()
  }
  server.listen(socketPath)
  await once(server, 'listening')
  return {
    socketPath,
    sever,
    [Symbol.asyncDispose]: async () => {
      sever()
      server.close()
      await once(server, 'close')
    },
  }
}

async function serve(socket: Socket, disk: NbdDisk): Promise<void> {
  const input = new ByteQueue(socket)
  const greeting = Buffer.alloc(18)
  greeting.write('NBDMAGICIHAVEOPT', 'latin1')
  // NBD_FLAG_FIXED_NEWSTYLE and NBD_FLAG_NO_ZEROES
  greeting.writeUInt16BE(0b11, 16)
  socket.write(greeting)
  await input.take(4)
  if (await negotiate(socket, input, disk)) await transmit(socket, input, disk)
  socket.end()
}

/** Whether it came to an export. */
async function negotiate(socket: Socket, input: ByteQueue, disk: NbdDisk): Promise<boolean> {
  for (;;) {
    const head = await input.take(16)
    if (head.readBigUInt64BE(0) !== optionMagic) return false
    const option = head.readUInt32BE(8)
    await input.take(head.readUInt32BE(12))
    const reply = (type: number, data = Buffer.alloc(0)) => {
      const bytes = Buffer.alloc(20)
      bytes.writeBigUInt64BE(replyMagic, 0)
      bytes.writeUInt32BE(option, 8)
      bytes.writeUInt32BE(type, 12)
      bytes.writeUInt32BE(data.length, 16)
      socket.write(Buffer.concat([bytes, data]))
    }
    if (option === options.go || option === options.info) {
      // NBD_INFO_EXPORT: type 0, size, flags
      const facts = Buffer.alloc(12)
      facts.writeBigUInt64BE(BigInt(disk.sizeBytes), 2)
      facts.writeUInt16BE(disk.zero === undefined ? exportFlags : exportFlags | zeroesFlag, 10)
      reply(replies.info, facts)
      reply(replies.acknowledge)
      if (option === options.go) return true
      continue
    }
    reply(option === options.abort ? replies.acknowledge : replies.unsupported)
    if (option === options.abort) return false
  }
}

async function transmit(socket: Socket, input: ByteQueue, disk: NbdDisk): Promise<void> {
  for (;;) {
    const head = await input.take(28)
    if (head.readUInt32BE(0) !== requestMagic) return
    const type = head.readUInt16BE(6)
    if (type === requests.disconnect) return
    const offset = Number(head.readBigUInt64BE(16))
    const length = head.readUInt32BE(24)
    const payload = type === requests.write ? await input.take(length) : Buffer.alloc(0)
    const answer = (errno: number, data: Buffer = Buffer.alloc(0)) => {
      const reply = Buffer.alloc(16)
      reply.writeUInt32BE(simpleReplyMagic, 0)
      reply.writeUInt32BE(errno, 4)
      head.copy(reply, 8, 8, 16)
      if (!socket.destroyed) socket.write(Buffer.concat([reply, data]))
    }
    // Not waited for: a request that hangs must not hold up the others.
    void (async () => {
      try {
        if (type === requests.read) return answer(0, await disk.read(offset, length))
        if (type === requests.write) await disk.write(offset, payload)
        if (type === requests.flush) await disk.flush()
        if (type === requests.zero) await disk.zero?.(offset, length)
        return answer(0)
      } catch (error) {
        return answer((error as { errno?: number }).errno ?? errorIo)
      }
    })()
  }
}

/** Bytes of a socket, taken as many as are wanted. */
class ByteQueue {
  readonly #chunks: AsyncIterator<Buffer>
  #held: Buffer = Buffer.alloc(0)

  constructor(socket: Socket) {
    this.#chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  }

  /** @throws when the socket ends before */
  async take(length: number): Promise<Buffer> {
    const parts = [this.#held]
    let heldBytes = this.#held.length
    while (heldBytes < length) {
      const { value, done } = await this.#chunks.next()
      if (done === true) throw new Error('the client has gone')
      parts.push(value)
      heldBytes += value.length
    }
    const all = Buffer.concat(parts)
    this.#held = all.subarray(length)
    return all.subarray(0, length)
  }
}
