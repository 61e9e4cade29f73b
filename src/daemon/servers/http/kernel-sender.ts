import { closeSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

import { KIBIBYTE, MEBIBYTE } from '../../../base/byte-size.ts'

/** `sendfile` of libc. */
export interface KernelCalls {
  /**
   * In a thread beside the event loop: reading from a slow disk may keep it waiting.
   *
   * @returns bytes that the socket has taken; 0 at the end of the file, -1 on any failure, also when the socket is full
   */
  sendFile(socket: number, file: number, position: number, lengthBytes: number): Promise<number>
  /** The same within the call, and nothing at all when it would have to wait for the disk. */
  sendCached(socket: number, file: number, position: number, lengthBytes: number): number
  /** Holds back what does not fill a packet, until told to let it go (`TCP_CORK`, tcp(7)). */
  cork(socket: number, isHeldBack: boolean): void
  /** A second descriptor of the same socket, or -1. */
  duplicate(descriptor: number): number
}

/** RWF_NOWAIT of preadv2(2); IPPROTO_TCP and TCP_CORK of linux/tcp.h. */
const linux = { readWithoutWaiting: 8, levelTcp: 6, optionTcpCork: 3 } as const

/** What the kernel reads from a disk together it has together: one byte in so many tells. */
const probeBytes = 64 * KIBIBYTE

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
    const setsockopt = libc.func(
      'int setsockopt(int socket, int level, int option, const int32_t *value, uint32_t bytes)',
    )
    const preadv2 = libc.func(
      'int64_t preadv2(int file, const uint64_t *parts, int partCount, int64_t position, int flags)',
    )
    // struct iovec: where to read to, and how much.
    const oneByte = BigUint64Array.of(koffi.address(koffi.alloc('uint8_t', 1)), 1n)
    const isCached = (file: number, first: number, last: number) => {
      for (let at = first; at < last + probeBytes; at += probeBytes) {
        const probed = preadv2(file, oneByte, 1, Math.min(at, last), linux.readWithoutWaiting)
        if (Number(probed) !== 1) return false
      }
      return true
    }
    return {
      sendCached: (socket, file, position, lengthBytes) =>
        isCached(file, position, position + lengthBytes - 1)
          ? Number(sendfile(socket, file, [position], lengthBytes))
          : 0,
      cork: (socket, isHeldBack) => {
        const { levelTcp, optionTcpCork } = linux
        setsockopt(socket, levelTcp, optionTcpCork, Int32Array.of(Number(isHeldBack)), 4)
      },
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

/** Part of an open file. */
export interface FilePart {
  readonly descriptor: number
  readonly position: number
  readonly lengthBytes: number
}

/** A socket's second descriptor: ours to close, so that its number means this socket as long as we use it. */
interface OwnDescriptor {
  readonly number: number
  usedBy: number
  isSocketClosed: boolean
}

/** What the kernel took of a file. */
export interface Taken {
  readonly sentBytes: number
  /** Whether it would take more at once. */
  readonly hasRoom: boolean
}

const nothingTaken: Taken = { sentBytes: 0, hasRoom: false }

/** Goes out together with the headers, while a thread is being woken for the rest; more where nobody waits. */
const firstBytes = 128 * KIBIBYTE
const firstBytesAlone = MEBIBYTE
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
   * Lets the headers leave, together with the file's first bytes where those are in memory.
   *
   * @returns how many bytes of the file the kernel took
   */
  begin(response: ServerResponse, { descriptor, position, lengthBytes }: FilePart): number {
    const { socket } = response
    const own = socket === null ? undefined : this.#descriptorOf(socket)
    if (socket === null || own === undefined) {
      response.flushHeaders()
      return 0
    }
    this.#calls.cork(own.number, true)
    try {
      response.flushHeaders()
      if (socket.destroyed || socket.writableLength > 0) return 0
      const isAlone = this.#underWay === 0
      const mostBytes = Math.min(lengthBytes, isAlone ? firstBytesAlone : firstBytes)
      return Math.max(this.#calls.sendCached(own.number, descriptor, position, mostBytes), 0)
    } finally {
      this.#calls.cork(own.number, false)
    }
  }

  /**
   * Gives the kernel what the socket has room for, less where many want their turn.
   *
   * @returns how many bytes it took: 0 when there is no room, while Node has something on its way to the
   *   socket, and when anything is wrong with either, of which their ordinary use tells more
   */
  async send(socket: Socket, file: FilePart): Promise<Taken> {
    const own = this.#descriptorOf(socket)
    if (own === undefined) return nothingTaken
    own.usedBy++
    await this.#turn()
    try {
      if (socket.destroyed || socket.writableLength > 0) return nothingTaken
      const { descriptor, position, lengthBytes } = file
      const isCrowd = this.#underWay + this.#queue.length > 2
      const mostBytes = isCrowd ? Math.min(lengthBytes, crowdBytes) : lengthBytes
      const sent = await this.#calls.sendFile(own.number, descriptor, position, mostBytes)
      return { sentBytes: Math.max(sent, 0), hasRoom: sent === mostBytes }
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
