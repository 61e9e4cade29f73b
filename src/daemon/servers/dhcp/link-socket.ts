import {
  type MacAddress,
  macAddressFromBytes,
  macAddressToBytes,
} from '../../../base/mac-address.ts'
import { type FilterStep, linux, type SocketCalls } from './socket-calls.ts'

/** Hands over the packet without its Ethernet header, and whose card sent it. */
export type HearPacket = (packet: Uint8Array, sender: MacAddress) => void

/** Speaks one protocol on one interface beneath IP, packet(7): heard and said whoever has an address. */
export interface LinkSocket {
  /** False when the system refuses. */
  broadcast(packet: Uint8Array): boolean
  send(packet: Uint8Array, to: MacAddress): boolean
  /** Hands over every packet that came since; what others sent, nothing of our own. */
  receive(hear: HearPacket): void
  close(): void
}

export interface LinkSocketOptions {
  readonly interfaceName: string
  readonly etherType: number
  readonly calls: SocketCalls
  /** The longest packet that is read in full. */
  readonly mostBytes: number
  /** What the kernel keeps for us; everything when absent. */
  readonly filter?: readonly FilterStep[]
}

/** A busy network is read to here in one go, and on at the next. */
const mostPackets = 256
const everybody = 'ff:ff:ff:ff:ff:ff' as MacAddress

/** Undefined where the system refuses such a socket: without CAP_NET_RAW, or without that interface. */
export function openLinkSocket(options: LinkSocketOptions): LinkSocket | undefined {
  const { interfaceName, etherType, calls, filter, mostBytes } = options
  const index = calls.interfaceIndex(interfaceName)
  if (index === 0) return undefined
  const type = linux.socketDatagram | linux.socketCloseOnExec
  // Without a protocol it hears nothing yet: first the filter, then the interface.
  const fd = calls.socket(linux.addressFamilyPacket, type, 0)
  if (fd < 0) return undefined
  const own = linkAddress(index, etherType)
  const isFiltered = filter === undefined || calls.attachFilter(fd, filter) === 0
  if (!isFiltered || calls.bind(fd, own, own.length) !== 0) {
    calls.close(fd)
    return undefined
  }
  const packet = new Uint8Array(mostBytes)
  const from = new Uint8Array(20)
  const send = (bytes: Uint8Array, to: MacAddress) =>
    calls.send(fd, bytes, linkAddress(index, etherType, to)) === bytes.length
  return {
    broadcast: (bytes) => send(bytes, everybody),
    send,
    receive: (hear) => {
      for (let count = 0; count < mostPackets; count++) {
        const sizeBytes = calls.receiveFrom(fd, packet, linux.messageDontWait, from)
        if (sizeBytes < 0) return
        hear(
          packet.subarray(0, Math.min(sizeBytes, mostBytes)),
          macAddressFromBytes(from.subarray(12)),
        )
      }
    },
    close: () => calls.close(fd),
  }
}

/**
 * struct sockaddr_ll: family, protocol, interface, types, length of the address, address.
 *
 * @default everybody
 */
export function linkAddress(
  index: number,
  etherType: number,
  to: MacAddress = everybody,
): Uint8Array {
  const address = new Uint8Array(20)
  const view = new DataView(address.buffer)
  // Family and index in the byte order of the host, which on our processors is the little one.
  view.setUint16(0, linux.addressFamilyPacket, true)
  view.setUint16(2, etherType)
  view.setInt32(4, index, true)
  address[11] = 6
  address.set(macAddressToBytes(to), 12)
  return address
}
