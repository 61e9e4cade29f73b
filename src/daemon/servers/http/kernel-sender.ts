import { closeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

import { KIBIBYTE } from '../../../base/byte-size.ts'

/** `sendfile` of libc, in a thread beside the event loop: reading from a slow disk may keep it waiting. */
export interface KernelCalls {
  /** @returns bytes that the socket has taken; 0 at the end of the file, -1 on any failure, also when the socket is full */
  sendFile(socket: number, file: number, position: number, lengthBytes: number): Promise<number>
  /** A second descriptor of the same socket, or -1. */
  duplicate(descriptor: number): number
}

/** The command of fcntl(2) that duplicates a descriptor which programs that we start do not get. */
const duplicateCloseOnExec = 1030

/** Undefined where koffi or such a C library is not to be had: bytes then go through our own memory. */
export async function loadKernelCalls(): Promise<KernelCalls | undefined> {
  try {
    const { default: koffi } = await import('koffi')
    const libc = koffi.load('libc.so.6')
    const sendfile = libc.func(
      'int64_t sendfile(int socket, int file, _Inout_ int64_t *position, size_t bytes)',
    )
    const fcntl = libc.func('int fcntl(int fd, int command, ...)')
    return {
      sendFile: (socket, file, position, lengthBytes) =>
        new Promise((resolve, reject) => {
          sendfile.async(socket, file, [position], lengthBytes, (error: unknown, sent: unknown) => {
            if (error === null) resolve(Number(sent))
            else reject(error)
          })
        }),
      duplicate: (descriptor) => Number(fcntl(descriptor, duplicateCloseOnExec, 'int', 0)),
    }
  } catch {
    return undefined
  }
}

/** A socket's second descriptor: ours to close, so that its number means this socket as long as we use it. */
interface OwnDescriptor {
  readonly number: number
  usedBy: number
  isSocketClosed: boolean
}

/** Calls under way at a time: as many as there are threads for them. */
const mostCalls = 4
/** In a crowd everybody gets so much a turn, and the same as everybody else; one or two get what they want. */
const crowdBytes = 256 * KIBIBYTE

/** Sends parts of files from the page cache, without a copy through our memory. */
export class KernelSender {
  readonly #calls: KernelCalls
  readonly #descriptors = new WeakMap<Socket, OwnDescriptor>()
  readonly #queue: (() => void)[] = []
  #underWay = 0

  constructor(calls: KernelCalls) {
    this.#calls = calls
  }

  /** Whether bytes may go to the socket as they are: it is open, and not encrypted. */
  reaches(socket: Socket | null): socket is Socket {
    return socket !== null && !socket.destroyed && !(socket instanceof TLSSocket)
  }

  /**
   * Gives the kernel what the socket has room for, less where many want their turn.
   *
   * @returns how many bytes it took: 0 when there is no room, while Node has something on its way to the
   *   socket, and when anything is wrong with either, of which their ordinary use tells more
   */
  async send(
    socket: Socket,
    file: { readonly descriptor: number; readonly position: number; readonly lengthBytes: number },
  ): Promise<number> {
    const own = this.#descriptorOf(socket)
    if (own === undefined) return 0
    own.usedBy++
    await this.#turn()
    try {
      if (socket.destroyed || socket.writableLength > 0) return 0
      const { descriptor, position, lengthBytes } = file
      const isCrowd = this.#underWay + this.#queue.length > 2
      const mostBytes = isCrowd ? Math.min(lengthBytes, crowdBytes) : lengthBytes
      const sent = await this.#calls.sendFile(own.number, descriptor, position, mostBytes)
      return Math.max(sent, 0)
    } finally {
      this.#endTurn()
      own.usedBy--
      closeUnused(own)
    }
  }

  #descriptorOf(socket: Socket): OwnDescriptor | undefined {
    if (!this.reaches(socket)) return undefined
    const known = this.#descriptors.get(socket)
    if (known !== undefined) return known
    const descriptor = (socket as Socket & SocketInside)._handle?.fd
    if (descriptor === undefined || descriptor < 0) return undefined
    const number = this.#calls.duplicate(descriptor)
    if (number < 0) return undefined
    const own = { number, usedBy: 0, isSocketClosed: false }
    this.#descriptors.set(socket, own)
    socket.once('close', () => {
      own.isSocketClosed = true
      closeUnused(own)
    })
    return own
  }

  /** First come, first served: nobody's download waits for another's to end. */
  async #turn(): Promise<void> {
    if (this.#underWay === mostCalls) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#queue.push(resolve)
      return promise
    }
    this.#underWay++
  }

  #endTurn(): void {
    const next = this.#queue.shift()
    if (next === undefined) this.#underWay--
    else next()
  }
}

/** Where Node keeps the descriptor of a socket that it accepted; nothing public tells it. */
interface SocketInside {
  readonly _handle?: { readonly fd?: number } | null
}

/** Until then the connection stays open for the kernel, whatever Node has closed. */
function closeUnused(own: OwnDescriptor): void {
  if (own.isSocketClosed && own.usedBy === 0) closeSync(own.number)
}
