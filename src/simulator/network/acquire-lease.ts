import { randomInt } from 'node:crypto'

import { asciiBytes, latin1Text } from '../../base/ascii.ts'
import { fromHex } from '../../base/hex.ts'
import { type Ipv4Address, ipv4ToBytes, unspecifiedIpv4 } from '../../base/ipv4-address.ts'
import { type MacAddress, macAddressFromBytes } from '../../base/mac-address.ts'
import { clientRequest } from '../../protocol/dhcpv4/client-request.ts'
import { dhcpOptionCode } from '../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpPacket } from '../../protocol/dhcpv4/dhcp-packet.ts'
import { readAddressOption, readTextOption } from '../../protocol/dhcpv4/read-option.ts'
import { NetworkBootError } from '../errors.ts'
import type { DhcpWire } from './dhcp-wire.ts'

/** Who asks: a machine's firmware, iPXE on it, or the system on its disk. */
export interface DhcpClient {
  readonly macAddress: MacAddress
  readonly firmware: 'bios' | 'uefi'
  readonly program: 'firmware' | 'ipxe' | 'system'
  /** Lower case. */
  readonly systemUuid: string
}

export interface Lease {
  readonly address: Ipv4Address
  readonly serverAddress: Ipv4Address
  /** Where TFTP is; the server itself where it names nobody. */
  readonly nextServer: Ipv4Address
  readonly bootFileName: string | undefined
}

export interface LeaseOptions {
  readonly signal: AbortSignal
  /** Milliseconds to wait for an answer, try by try; PXE 2.1 §2.2.2 has 4, 8, 16 and 32 s. */
  readonly patienceMs: readonly number[]
  /** Stops after the OFFER: the fault of a client that ignores what it is offered. Default false. */
  readonly ignoresOffer?: boolean
}

/** Gets an address, RFC 2131 §3.1. @throws {NetworkBootError} when no try is answered */
export async function acquireLease(
  wire: DhcpWire,
  client: DhcpClient,
  options: LeaseOptions,
): Promise<Lease> {
  for (const patienceMs of options.patienceMs) {
    const ask = (packet: DhcpPacket) => exchange(wire, packet, { ...options, patienceMs })
    const offer = await ask(discover(client))
    if (offer?.messageType !== 'offer' || options.ignoresOffer === true) continue
    const answer = await ask(request(client, offer))
    if (answer?.messageType === 'ack') return leaseOf(answer)
  }
  throw new NetworkBootError('no DHCP answer (PXE-E51)')
}

/** The answer to one packet, undefined when none comes in time. @throws what the signal was aborted with */
async function exchange(
  wire: DhcpWire,
  packet: DhcpPacket,
  { patienceMs, signal }: { readonly patienceMs: number; readonly signal: AbortSignal },
): Promise<DhcpPacket | undefined> {
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers<DhcpPacket | undefined>()
  const macAddress = macAddressFromBytes(packet.hardwareAddress)
  using _listening = wire.listen(macAddress, (reply) => {
    if (reply.transactionId === packet.transactionId) resolve(reply)
  })
  const timer = setTimeout(() => resolve(undefined), patienceMs)
  const stop = () => reject(signal.reason as Error)
  signal.addEventListener('abort', stop)
  wire.send(packet)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

function leaseOf(ack: DhcpPacket): Lease {
  const serverAddress =
    readAddressOption(ack.options, dhcpOptionCode.serverIdentifier) ?? ack.nextServerAddress
  const named = latin1Text(ack.bootFile)
  return {
    address: ack.yourAddress,
    serverAddress,
    nextServer: ack.nextServerAddress === unspecifiedIpv4 ? serverAddress : ack.nextServerAddress,
    bootFileName:
      readTextOption(ack.options, dhcpOptionCode.bootFileName) ??
      (named === '' ? undefined : named),
  }
}

function discover(client: DhcpClient): DhcpPacket {
  return packetOf(client, 'discover', [])
}

function request(client: DhcpClient, offer: DhcpPacket): DhcpPacket {
  const server = offer.options.get(dhcpOptionCode.serverIdentifier) ?? new Uint8Array(4)
  return packetOf(client, 'request', [
    [dhcpOptionCode.requestedAddress, ipv4ToBytes(offer.yourAddress)],
    [dhcpOptionCode.serverIdentifier, server],
  ])
}

function packetOf(
  client: DhcpClient,
  messageType: 'discover' | 'request',
  options: readonly (readonly [number, Uint8Array])[],
): DhcpPacket {
  return clientRequest({
    messageType,
    transactionId: randomInt(0x1_0000_0000),
    macAddress: client.macAddress,
    options: new Map([...options, ...bootOptions(client)]),
  })
}

/** What tells firmware and iPXE from an ordinary client: options 60, 77, 93 and 97. */
function bootOptions(client: DhcpClient): (readonly [number, Uint8Array])[] {
  if (client.program === 'system') return []
  const architecture = client.firmware === 'uefi' ? 7 : 0
  const uuid = fromHex(client.systemUuid.replaceAll('-', ''))
  return [
    [
      dhcpOptionCode.vendorClass,
      asciiBytes(`PXEClient:Arch:${String(architecture).padStart(5, '0')}:UNDI:002001`),
    ],
    [dhcpOptionCode.clientArchitecture, Uint8Array.of(0, architecture)],
    [dhcpOptionCode.clientMachineIdentifier, Uint8Array.of(0, ...wireUuid(uuid))],
    ...(client.program === 'ipxe' ? [[dhcpOptionCode.userClass, asciiBytes('iPXE')] as const] : []),
  ]
}

/** The first three groups of a UUID travel least significant byte first (SMBIOS 3.7 §7.2.1). */
function wireUuid(bytes: Uint8Array): Uint8Array {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return Uint8Array.from(order, (index) => bytes[index] ?? 0)
}
