import { asciiBytes, latin1Text } from '../../src/base/ascii.ts'
import { macAddressFromBytes } from '../../src/base/mac-address.ts'
import { normaliseBootPath } from '../../src/daemon/servers/boot-files/normalise-boot-path.ts'
import { bootClientOf } from '../../src/daemon/servers/dhcp/boot-client-of.ts'
import { arpProbe, readArpSender } from '../../src/daemon/servers/dhcp/conflict/arp-message.ts'
import { leaseClientOf } from '../../src/daemon/servers/dhcp/lease-client-of.ts'
import { readByteRange } from '../../src/daemon/servers/http/byte-range.ts'
import { evaluatePreconditions } from '../../src/daemon/servers/http/preconditions.ts'
import { readRequestTarget } from '../../src/daemon/servers/http/request-target.ts'
import { parseIpv4Address } from '../../src/base/ipv4-address.ts'
import { decodePacket } from '../../src/protocol/dhcpv4/decode-packet.ts'
import { readRelayAgentInformation } from '../../src/protocol/dhcpv4/relay-agent-information.ts'
import { decodeTftpPacket } from '../../src/protocol/tftp/decode-tftp-packet.ts'
import { encodeTftpPacket } from '../../src/protocol/tftp/encode-tftp-packet.ts'
import { negotiateTftpOptions } from '../../src/protocol/tftp/negotiate-tftp-options.ts'
import { anyMacAddress } from '../fakes/dhcp-request.ts'
import { readPacketVector } from '../vectors/dhcp/read-packet-vector.ts'
import type { FuzzTarget } from './fuzz-target.ts'

const readRequest = encodeTftpPacket({
  kind: 'read-request',
  fileName: 'ipxe/snponly.efi',
  mode: 'octet',
  options: new Map([
    ['tsize', '0'],
    ['blksize', '1468'],
    ['windowsize', '4'],
    ['timeout', '3'],
  ]),
})
const vectors = ['bios-ipxe-discover', 'uefi-ipxe-discover', 'edk2-native-discover'] as const
const limits = { fileBytes: 173_792, mtuBytes: 1500 }
const fileFacts = { etag: '"a-b-c"', modifiedAtMs: 1_700_000_000_000 }

export const fuzzTargets: readonly FuzzTarget[] = [
  {
    name: 'tftp packet',
    seeds: [
      readRequest,
      encodeTftpPacket({ kind: 'acknowledgement', block: 65_535 }),
      encodeTftpPacket({ kind: 'error', errorCode: 8, message: 'User aborted' }),
      encodeTftpPacket({ kind: 'data', block: 1, bytes: new Uint8Array(512) }),
    ],
    tryBytes: (bytes) => {
      const decoding = decodeTftpPacket(bytes)
      if (!decoding.ok || decoding.packet.kind !== 'read-request') return
      const { options } = decoding.packet
      const { accepted, settings } = negotiateTftpOptions(options, limits)
      if ([...accepted.keys()].some((name) => !options.has(name))) {
        throw new Error('an option that nobody asked for')
      }
      if (settings.blockBytes * settings.windowBlocks > 64 * 1024) throw new Error('a huge window')
    },
  },
  {
    name: 'boot file name',
    seeds: ['boot/ipxe/snponly.efi', '..\\..\\etc/passwd', '//a/./b/../c'].map(asciiBytes),
    tryBytes: (bytes) => {
      const path = normaliseBootPath(latin1Text(bytes))
      if (path?.split('/').some((segment) => ['', '.', '..'].includes(segment)) === true) {
        throw new Error('a segment that leads elsewhere')
      }
    },
  },
  {
    name: 'http request target',
    seeds: ['/boot/script.ipxe?mac=52:54:00:aa:bb:01&platform=bios', '/%2e%2e/%c0%ae'].map(
      asciiBytes,
    ),
    tryBytes: (bytes) => {
      const { path } = readRequestTarget(latin1Text(bytes))
      if (path?.split('/').includes('..') === true) throw new Error('a way out')
    },
  },
  {
    name: 'http range and conditions',
    seeds: ['bytes=0-1', 'bytes=-7', '"a-b-c", W/"x"', 'Wed, 25 Nov 2026 10:00:00 GMT'].map(
      asciiBytes,
    ),
    tryBytes: (bytes) => {
      const header = latin1Text(bytes)
      evaluatePreconditions({ 'if-match': header, 'if-modified-since': header }, fileFacts)
      const range = readByteRange(header, 1000)
      if (range === undefined || range === 'unsatisfiable') return
      if (!(range.first >= 0 && range.first <= range.last && range.last < 1000)) {
        throw new Error('a range outside the file')
      }
    },
  },
  {
    name: 'dhcpv4 facts of a client',
    seeds: vectors.map((name) => readPacketVector(name)),
    tryBytes: (bytes) => {
      const decoding = decodePacket(bytes)
      if (!decoding.ok) return
      const { packet } = decoding
      const macAddress = macAddressFromBytes(packet.hardwareAddress)
      bootClientOf(macAddress, packet.options)
      leaseClientOf(macAddress, packet, readRelayAgentInformation(packet.options))
    },
  },
  {
    name: 'arp message',
    seeds: [arpProbe(anyMacAddress, parseIpv4Address('10.77.0.9'))],
    tryBytes: (bytes) => void readArpSender(bytes),
  },
]
