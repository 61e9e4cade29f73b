import { type Ipv4Address, ipv4FromBytes, ipv4ToBytes } from '../../base/ipv4-address.ts'

/** One UDP datagram in one IPv4 packet. */
export interface UdpDatagram {
  readonly source: Ipv4Address
  readonly sourcePort: number
  readonly destination: Ipv4Address
  readonly destinationPort: number
  readonly payload: Uint8Array
}

const ipHeaderBytes = 20
const udpHeaderBytes = 8
const udpProtocol = 17
const timeToLive = 64

/**
 * The packet as it goes on the wire behind an Ethernet header, RFC 791 and 768; without the bit that
 * forbids fragments, which confuses some network cards' boot programs.
 *
 * ```
 *  0  0x45  0  length 2  id 2  flags 2  TTL 1  protocol 1  checksum 2  source 4  destination 4
 * 20  source port 2  destination port 2  length 2  checksum 2  payload
 * ```
 */
export function encodeUdpDatagram(datagram: UdpDatagram): Uint8Array {
  const { payload } = datagram
  const packet = new Uint8Array(ipHeaderBytes + udpHeaderBytes + payload.length)
  const view = new DataView(packet.buffer)
  const udpBytes = packet.length - ipHeaderBytes
  packet[0] = 0x45
  view.setUint16(2, packet.length)
  packet[8] = timeToLive
  packet[9] = udpProtocol
  packet.set(ipv4ToBytes(datagram.source), 12)
  packet.set(ipv4ToBytes(datagram.destination), 16)
  view.setUint16(10, checksum(packet.subarray(0, ipHeaderBytes), 0))
  view.setUint16(20, datagram.sourcePort)
  view.setUint16(22, datagram.destinationPort)
  view.setUint16(24, udpBytes)
  packet.set(payload, ipHeaderBytes + udpHeaderBytes)
  const pseudoHeader = sum(packet.subarray(12, 20), udpProtocol + udpBytes)
  // Zero would say that there is no checksum.
  view.setUint16(26, checksum(packet.subarray(ipHeaderBytes), pseudoHeader) || 0xffff)
  return packet
}

/** Undefined for anything that is no whole UDP datagram. Checksums are the network card's business. */
export function readUdpDatagram(packet: Uint8Array): UdpDatagram | undefined {
  const headerBytes = ((packet[0] ?? 0) & 15) * 4
  const isIpv4 = (packet[0] ?? 0) >>> 4 === 4 && headerBytes >= ipHeaderBytes
  if (!isIpv4 || packet.length < headerBytes + udpHeaderBytes || packet[9] !== udpProtocol) {
    return undefined
  }
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length)
  const fragment = view.getUint16(6) & 0x3fff
  const end = headerBytes + view.getUint16(headerBytes + 4)
  if (fragment !== 0 || end > packet.length || end < headerBytes + udpHeaderBytes) return undefined
  return {
    source: ipv4FromBytes(packet.subarray(12, 16)),
    sourcePort: view.getUint16(headerBytes),
    destination: ipv4FromBytes(packet.subarray(16, 20)),
    destinationPort: view.getUint16(headerBytes + 2),
    payload: packet.subarray(headerBytes + udpHeaderBytes, end),
  }
}

/** RFC 1071. */
function checksum(bytes: Uint8Array, start: number): number {
  let total = sum(bytes, start)
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16)
  return ~total & 0xffff
}

function sum(bytes: Uint8Array, start: number): number {
  let total = start
  for (let index = 0; index < bytes.length; index += 2) {
    total += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0)
  }
  return total
}
