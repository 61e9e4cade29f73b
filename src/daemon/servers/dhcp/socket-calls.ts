import { getSystemErrorName } from 'node:util'

import { type Ipv4Address, ipv4ToBytes } from '../../../base/ipv4-address.ts'
import { DeviceSocketError } from './errors.ts'

/** Of linux/socket.h, linux/net.h, linux/in.h, linux/if_ether.h, linux/udp.h, linux/eventpoll.h and asm-generic/socket.h. */
export const linux = {
  addressFamilyInet: 2,
  addressFamilyPacket: 17,
  socketDatagram: 2,
  socketNonBlocking: 0o4000,
  socketCloseOnExec: 0o2000000,
  levelSocket: 1,
  levelUdp: 17,
  levelIp: 0,
  optionMtuDiscover: 10,
  optionType: 3,
  optionUdpSegment: 103,
  optionBindToDevice: 25,
  optionAttachFilter: 26,
  optionReceiveBufferForce: 33,
  messageDontWait: 0x40,
  etherTypeArp: 0x0806,
  epollIn: 1,
  epollAdd: 1,
  etherTypeIpv4: 0x0800,
} as const

/** F_SETFD and FD_CLOEXEC of linux/fcntl.h. */
const setDescriptorFlags = 2
const closeOnExecFlag = 1

/** struct sock_filter, linux/filter.h. */
export interface FilterStep {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

/** The calls that we need of the C library; where nothing else is said each returns -1 on failure. */
export interface SocketCalls {
  socket(family: number, type: number, protocol: number): number
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, bytes: number): number
  /** Fills `into`; the size of the value in bytes. */
  getsockopt(fd: number, level: number, option: number, into: Uint8Array): number
  /** Fills `into` with the address that the socket is bound to. */
  getsockname(fd: number, into: Uint8Array): number
  bind(fd: number, address: Uint8Array, bytes: number): number
  send(fd: number, bytes: Uint8Array, to: Uint8Array): number
  /** Fills `into` with one packet. */
  receive(fd: number, into: Uint8Array, flags: number): number
  /** Fills `into` with one packet, and `from` with its sender's sockaddr_in (16 bytes) or sockaddr_ll (20). */
  receiveFrom(fd: number, into: Uint8Array, flags: number, from: Uint8Array): number
  epollCreate(flags: number): number
  /** `event` is a struct epoll_event. */
  epollControl(epoll: number, operation: number, fd: number, event: Uint8Array): number
  /** Fills `into` with events that are there already, and waits for none. */
  epollWait(epoll: number, into: Uint8Array, mostEvents: number): number
  attachFilter(fd: number, steps: readonly FilterStep[]): number
  close(fd: number): number
  /** Programs that we start do not get the descriptor. */
  closeOnExec(fd: number): number
  /** Of an interface, 0 when there is none of that name. */
  interfaceIndex(name: string): number
  /** Name of the last failure, such as `EADDRINUSE`. */
  lastError(): string
}

/** struct sockaddr_in: family in the byte order of the host, port and address in the network's. */
export function internetAddress(address: Ipv4Address, port: number): Uint8Array {
  const bytes = new Uint8Array(16)
  bytes.set(new Uint8Array(Uint16Array.of(linux.addressFamilyInet).buffer))
  bytes.set([port >>> 8, port & 255, ...ipv4ToBytes(address)], 2)
  return bytes
}

/** @throws {DeviceSocketError} where koffi or the C library cannot be loaded */
export async function loadSocketCalls(): Promise<SocketCalls> {
  try {
    const { default: koffi } = await import('koffi')
    const libc = koffi.load('libc.so.6')
    const socket = libc.func('int socket(int family, int type, int protocol)')
    const setsockopt = libc.func(
      'int setsockopt(int fd, int level, int option, const uint8_t *value, uint32_t bytes)',
    )
    const getsockopt = libc.func(
      'int getsockopt(int fd, int level, int option, _Out_ uint8_t *value, _Inout_ uint32_t *bytes)',
    )
    const getsockname = libc.func(
      'int getsockname(int fd, _Out_ uint8_t *address, _Inout_ uint32_t *bytes)',
    )
    const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t bytes)')
    const sendto = libc.func(
      'long sendto(int fd, const uint8_t *bytes, size_t size, int flags, const uint8_t *to, uint32_t toSize)',
    )
    const recv = libc.func('long recv(int fd, _Out_ uint8_t *into, size_t size, int flags)')
    const recvfrom = libc.func(
      'long recvfrom(int fd, _Out_ uint8_t *into, size_t size, int flags, _Out_ uint8_t *from, _Inout_ uint32_t *fromSize)',
    )
    const fromSize = Uint32Array.of(16)
    const epollCreate = libc.func('int epoll_create1(int flags)')
    const epollControl = libc.func(
      'int epoll_ctl(int epoll, int operation, int fd, const uint8_t *event)',
    )
    const epollWait = libc.func(
      'int epoll_wait(int epoll, _Out_ uint8_t *into, int mostEvents, int timeoutMs)',
    )
    const step = koffi.struct({ code: 'uint16_t', jt: 'uint8_t', jf: 'uint8_t', k: 'uint32_t' })
    const program = koffi.struct({ count: 'uint16_t', steps: koffi.pointer(step) })
    const setFilter = libc.func('setsockopt', 'int', [
      ...['int', 'int', 'int'],
      koffi.pointer(program),
      'uint32_t',
    ])
    const close = libc.func('int close(int fd)')
    const fcntl = libc.func('int fcntl(int fd, int command, ...)')
    const interfaceIndex = libc.func('uint32_t if_nametoindex(const char *name)')
    return {
      socket: (family, type, protocol) => Number(socket(family, type, protocol)),
      setsockopt: (fd, level, option, value, bytes) =>
        Number(setsockopt(fd, level, option, value, bytes)),
      getsockopt: (fd, level, option, into) => {
        const sizeBytes = Uint32Array.of(into.length)
        const outcome = Number(getsockopt(fd, level, option, into, sizeBytes))
        return outcome < 0 ? outcome : (sizeBytes[0] ?? 0)
      },
      getsockname: (fd, into) => Number(getsockname(fd, into, Uint32Array.of(into.length))),
      bind: (fd, address, bytes) => Number(bind(fd, address, bytes)),
      send: (fd, bytes, to) => Number(sendto(fd, bytes, bytes.length, 0, to, to.length)),
      receive: (fd, into, flags) => Number(recv(fd, into, into.length, flags)),
      receiveFrom: (fd, into, flags, from) =>
        Number(recvfrom(fd, into, into.length, flags, from, fromSize.fill(from.length))),
      epollCreate: (flags) => Number(epollCreate(flags)),
      epollControl: (epoll, operation, fd, event) =>
        Number(epollControl(epoll, operation, fd, event)),
      epollWait: (epoll, into, mostEvents) => Number(epollWait(epoll, into, mostEvents, 0)),
      attachFilter: (fd, steps) =>
        Number(
          setFilter(
            ...[fd, linux.levelSocket, linux.optionAttachFilter],
            { count: steps.length, steps },
            koffi.sizeof(program),
          ),
        ),
      close: (fd) => Number(close(fd)),
      closeOnExec: (fd) => Number(fcntl(fd, setDescriptorFlags, 'int', closeOnExecFlag)),
      interfaceIndex: (name) => Number(interfaceIndex(name)),
      lastError: () => getSystemErrorName(-koffi.errno()),
    }
  } catch (error) {
    throw new DeviceSocketError('load koffi and the C library', '', error)
  }
}
