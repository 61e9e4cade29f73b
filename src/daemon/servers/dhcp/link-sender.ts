import { linkAddress } from './link-socket.ts'
import { linux, type SocketCalls } from './socket-calls.ts'

/** Sends IPv4 packets to one card each, whatever address its machine has: nobody is asked for it by ARP. */
export interface LinkSender {
  /** @param hardwareAddress the card's, in the first six bytes @returns false when the system refuses */
  send(packet: Uint8Array, hardwareAddress: Uint8Array): boolean
  close(): void
}

const addressBytes = 6
/** Of sll_addr in struct sockaddr_ll. */
const addressOffset = 12

/** Undefined where the system refuses such a socket: without CAP_NET_RAW, or without that interface. */
export function openLinkSender(interfaceName: string, calls: SocketCalls): LinkSender | undefined {
  const index = calls.interfaceIndex(interfaceName)
  if (index === 0) return undefined
  // Without a protocol of its own it hears nothing, packet(7): the receiving side costs nothing.
  const fd = calls.socket(
    linux.addressFamilyPacket,
    linux.socketDatagram | linux.socketCloseOnExec,
    0,
  )
  if (fd < 0) return undefined
  const to = linkAddress(index, linux.etherTypeIpv4)
  return {
    send: (packet, hardwareAddress) => {
      for (let at = 0; at < addressBytes; at++) to[addressOffset + at] = hardwareAddress[at] ?? 0
      return calls.send(fd, packet, to) === packet.length
    },
    close: () => calls.close(fd),
  }
}
