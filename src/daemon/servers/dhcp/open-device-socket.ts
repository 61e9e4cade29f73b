import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { asciiBytes } from '../../../base/ascii.ts'
import { unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import { findPortHolder } from '../port-holder.ts'
import { DeviceSocketError, PortTakenError } from './errors.ts'
import type { PassedSockets } from './passed-sockets.ts'
import { internetAddress, linux, loadSocketCalls, type SocketCalls } from './socket-calls.ts'

/** A row that is switched on asks all at once: a thousand packets may wait, more would wait too long. */
const receiveBufferBytes = 1024 * 1024

/** A socket, and its number for calls that Node does not make. Closing the former ends the latter. */
export interface DeviceSocket {
  readonly socket: Socket
  readonly fd: number
}

/**
 * A UDP socket that hears and speaks on one interface only, broadcasts included (socket(7),
 * SO_BINDTODEVICE): Node cannot say which interface a broadcast came from. The address is not shared
 * with other sockets, so a second DHCP server on this interface is found here and not by its victims.
 *
 * One that was passed to us and fits is used instead of a new one.
 *
 * @throws {PortTakenError} when another program has the port
 * @throws {DeviceSocketError} when the system refuses the socket
 */
export async function openDeviceSocket(
  interfaceName: string,
  port: number,
  passed?: PassedSockets,
): Promise<DeviceSocket> {
  const calls = await loadSocketCalls()
  const passedFd = passed?.take(interfaceName, port)
  const fd = passedFd ?? openUnbound(calls)
  try {
    tieToDevice(calls, fd, interfaceName)
    if (passedFd === undefined) await bindToPort(calls, fd, port)
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
  allowFragments(calls, fd)
  enlargeReceiveBuffer(calls, fd, socket)
  return { socket, fd }
}

function openUnbound(calls: SocketCalls): number {
  const { addressFamilyInet, socketDatagram, socketCloseOnExec } = linux
  const fd = calls.socket(addressFamilyInet, socketDatagram | socketCloseOnExec, 0)
  if (fd < 0) throw new DeviceSocketError('open a socket', calls.lastError())
  return fd
}

function tieToDevice(calls: SocketCalls, fd: number, interfaceName: string): void {
  const name = asciiBytes(`${interfaceName}\0`)
  if (calls.setsockopt(fd, linux.levelSocket, linux.optionBindToDevice, name, name.length) === 0) {
    return
  }
  throw new DeviceSocketError(`tie a socket to ${interfaceName}`, calls.lastError())
}

/**
 * Linux would forbid routers to cut what we send into pieces, and the bit that says so confuses some
 * network cards' boot programs. What we send is short enough to arrive whole.
 */
function allowFragments(calls: SocketCalls, fd: number): void {
  const never = new Uint8Array(4)
  calls.setsockopt(fd, linux.levelIp, linux.optionMtuDiscover, never, never.length)
}

/** Beyond what the system grants everybody, where we may. */
function enlargeReceiveBuffer(calls: SocketCalls, fd: number, socket: Socket): void {
  const bytes = new Uint8Array(Int32Array.of(receiveBufferBytes).buffer)
  const { levelSocket, optionReceiveBufferForce } = linux
  if (calls.setsockopt(fd, levelSocket, optionReceiveBufferForce, bytes, bytes.length) === 0) return
  socket.setRecvBufferSize(receiveBufferBytes)
}

async function bindToPort(calls: SocketCalls, fd: number, port: number): Promise<void> {
  const address = internetAddress(unspecifiedIpv4, port)
  if (calls.bind(fd, address, address.length) === 0) return
  const systemCode = calls.lastError()
  if (systemCode === 'EADDRINUSE') throw new PortTakenError(port, await findPortHolder('udp', port))
  throw new DeviceSocketError(`listen on port ${port}/udp`, systemCode)
}
