import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { getSystemErrorName } from 'node:util'

import { asciiBytes } from '../../../base/ascii.ts'
import { DeviceSocketError, PortTakenError } from './errors.ts'
import { findPortHolder } from '../port-holder.ts'

/** Of linux/socket.h, linux/net.h and asm-generic/socket.h. */
const linux = {
  addressFamilyInet: 2,
  socketDatagram: 2,
  socketCloseOnExec: 0o2000000,
  levelSocket: 1,
  optionBindToDevice: 25,
} as const

/** A rack that is switched on asks all at once; the kernel may grant less. */
const receiveBufferBytes = 1024 * 1024

/** The four calls that we need of the C library; each returns -1 on failure. */
interface SocketCalls {
  socket(family: number, type: number, protocol: number): number
  setsockopt(fd: number, level: number, option: number, value: Uint8Array, bytes: number): number
  bind(fd: number, address: Uint8Array, bytes: number): number
  close(fd: number): number
  /** Name of the last failure, such as `EADDRINUSE`. */
  lastError(): string
}

/**
 * A UDP socket that hears and speaks on one interface only, broadcasts included (socket(7),
 * SO_BINDTODEVICE): Node cannot say which interface a broadcast came from. The address is not shared
 * with other sockets, so a second DHCP server on this interface is found here and not by its victims.
 *
 * @throws {PortTakenError} when another program has the port
 * @throws {DeviceSocketError} when the system refuses the socket
 */
export async function openDeviceSocket(interfaceName: string, port: number): Promise<Socket> {
  const calls = await loadSocketCalls()
  const fd = calls.socket(
    linux.addressFamilyInet,
    linux.socketDatagram | linux.socketCloseOnExec,
    0,
  )
  if (fd < 0) throw new DeviceSocketError('open a socket', calls.lastError())
  try {
    tieToDevice(calls, fd, interfaceName)
    await bindToPort(calls, fd, port)
  } catch (error) {
    calls.close(fd)
    throw error
  }
  const socket = createSocket('udp4')
  const listening = once(socket, 'listening')
  // Emitted within this very call: a descriptor is bound already.
  socket.bind({ fd })
  await listening
  socket.setBroadcast(true)
  socket.setRecvBufferSize(receiveBufferBytes)
  return socket
}

function tieToDevice(calls: SocketCalls, fd: number, interfaceName: string): void {
  const name = asciiBytes(`${interfaceName}\0`)
  if (calls.setsockopt(fd, linux.levelSocket, linux.optionBindToDevice, name, name.length) === 0) {
    return
  }
  throw new DeviceSocketError(`tie a socket to ${interfaceName}`, calls.lastError())
}

async function bindToPort(calls: SocketCalls, fd: number, port: number): Promise<void> {
  // struct sockaddr_in: family in the byte order of the host, port in the network's, any address.
  const address = new Uint8Array(16)
  address.set(new Uint8Array(Uint16Array.of(linux.addressFamilyInet).buffer))
  address.set([port >>> 8, port & 255], 2)
  if (calls.bind(fd, address, address.length) === 0) return
  const systemCode = calls.lastError()
  if (systemCode === 'EADDRINUSE') throw new PortTakenError(port, await findPortHolder('udp', port))
  throw new DeviceSocketError(`listen on port ${port}/udp`, systemCode)
}

async function loadSocketCalls(): Promise<SocketCalls> {
  try {
    const { default: koffi } = await import('koffi')
    const libc = koffi.load('libc.so.6')
    const socket = libc.func('int socket(int family, int type, int protocol)')
    const setsockopt = libc.func(
      'int setsockopt(int fd, int level, int option, const uint8_t *value, uint32_t bytes)',
    )
    const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t bytes)')
    const close = libc.func('int close(int fd)')
    return {
      socket: (family, type, protocol) => Number(socket(family, type, protocol)),
      setsockopt: (fd, level, option, value, bytes) =>
        Number(setsockopt(fd, level, option, value, bytes)),
      bind: (fd, address, bytes) => Number(bind(fd, address, bytes)),
      close: (fd) => Number(close(fd)),
      lastError: () => getSystemErrorName(-koffi.errno()),
    }
  } catch (error) {
    throw new DeviceSocketError('load koffi and the C library', '', error)
  }
}
