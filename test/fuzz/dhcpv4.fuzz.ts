import { decodePacket } from '../../src/protocol/dhcpv4/decode-packet.ts'
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
]
