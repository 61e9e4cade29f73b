import { linux, type SocketCalls } from '../socket-calls.ts'

/** Speaks ARP on one interface, packet(7). */
export interface ArpSocket {
  /** False when the system refuses. */
  broadcast(message: Uint8Array): boolean
  /** Hands over every message that came since. */
  receive(hear: (message: Uint8Array) => void): void
  close(): void
}

/** A busy network is read to here in one go, and on at the next. */
const mostMessages = 256

/** Undefined where the system refuses such a socket: without CAP_NET_RAW. */
export function openArpSocket(interfaceName: string, calls: SocketCalls): ArpSocket | undefined {
  const index = calls.interfaceIndex(interfaceName)
  const type = linux.socketDatagram | linux.socketCloseOnExec
  const etherType = swapped(linux.etherTypeArp)
  const fd = index === 0 ? -1 : calls.socket(linux.addressFamilyPacket, type, etherType)
  if (fd < 0) return undefined
  const everybody = linkAddress(index)
  if (calls.bind(fd, everybody, everybody.length) !== 0) {
    calls.close(fd)
    return undefined
  }
  const packet = new Uint8Array(64)
  return {
    broadcast: (message) => calls.send(fd, message, everybody) === message.length,
    receive: (hear) => {
      for (let count = 0; count < mostMessages; count++) {
        const sizeBytes = calls.receive(fd, packet, linux.messageDontWait)
        if (sizeBytes < 0) return
        hear(packet.subarray(0, Math.min(sizeBytes, packet.length)))
      }
    },
    close: () => calls.close(fd),
  }
}

/** struct sockaddr_ll of every station on the link: family, protocol, interface, types, length, address. */
function linkAddress(index: number): Uint8Array {
  const address = new Uint8Array(20)
  const view = new DataView(address.buffer)
  // Family and index in the byte order of the host, which on our processors is the little one.
  view.setUint16(0, linux.addressFamilyPacket, true)
  view.setUint16(2, linux.etherTypeArp)
  view.setInt32(4, index, true)
  address[11] = 6
  address.fill(0xff, 12, 18)
  return address
}

function swapped(number: number): number {
  return ((number & 0xff) << 8) | (number >>> 8)
}
