import { broadcastIpv4, unspecifiedIpv4 } from '../../src/base/ipv4-address.ts'
import { encodeLeaseBatch, readLeaseLog } from '../../src/daemon/store/leases/lease-batch.ts'
import { decodePacket } from '../../src/protocol/dhcpv4/decode-packet.ts'
import { peekMessageType } from '../../src/protocol/dhcpv4/peek-message-type.ts'
import { encodeUdpDatagram, readUdpDatagram } from '../../src/protocol/ipv4/udp-datagram.ts'
import { anyMacAddress } from '../fakes/dhcp-request.ts'
import { readPacketVector } from '../vectors/dhcp/read-packet-vector.ts'
import type { FuzzTarget } from './fuzz-target.ts'

const vectors = ['bios-ipxe-discover', 'uefi-ipxe-discover', 'edk2-native-discover'] as const

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'dhcpv4 packet',
    seeds: vectors.map((name) => readPacketVector(name)),
    tryBytes: (bytes) => {
      const decoding = decodePacket(bytes)
      if (decoding.ok && bytes.length < 240) throw new Error('a packet without its fixed part')
    },
  },
  {
    name: 'dhcpv4 message type at a look',
    seeds: vectors.map((name) => readPacketVector(name)),
    tryBytes: (bytes) => {
      const peeked = peekMessageType(bytes)
      const decoding = decodePacket(bytes)
      // Fragments of the type, which no client sends, are another type when they are joined.
      if (peeked !== undefined && decoding.ok && decoding.packet.messageType !== peeked) {
        throw new Error('another type than the packet has')
      }
    },
  },
  {
    name: 'udp datagram',
    seeds: vectors.map((name) =>
      encodeUdpDatagram({
        source: unspecifiedIpv4,
        sourcePort: 68,
        destination: broadcastIpv4,
        destinationPort: 67,
        payload: readPacketVector(name),
      }),
    ),
    tryBytes: (bytes) => {
      const payloadBytes = readUdpDatagram(bytes)?.payload.length ?? 0
      if (payloadBytes > bytes.length) throw new Error('more than there is')
    },
  },
  {
    name: 'lease log',
    seeds: [
      encodeLeaseBatch([
        { address: unspecifiedIpv4, macAddress: anyMacAddress, expiresAtMs: 1, state: 'bound' },
      ]),
    ],
    tryBytes: (bytes) => {
      if (readLeaseLog(bytes).soundBytes > bytes.length) throw new Error('an end behind the end')
    },
  },
]
