import { unspecifiedIpv4 } from '../../../base/ipv4-address.ts'
import type { MacAddress } from '../../../base/mac-address.ts'
import { dhcpOptionCode } from '../../../protocol/dhcpv4/dhcp-option-code.ts'
import type { DhcpPacket } from '../../../protocol/dhcpv4/dhcp-packet.ts'
import { readAddressOption, readUint32Option } from '../../../protocol/dhcpv4/read-option.ts'
import {
  noRelayAgentInformation,
  readRelayAgentInformation,
} from '../../../protocol/dhcpv4/relay-agent-information.ts'
import type { RequestPlace } from '../../domain/lease/select-subnet.ts'
import type { ServedSubnet, ServedSubnets } from '../../domain/lease/served-subnets.ts'
import type { OptionSet, Profile, Reservation, Subnet } from '../../domain/lease/subnet.ts'
import { bootClientOf } from './boot-client-of.ts'
import { addressInUse, type DhcpExchange } from './dhcp-exchange.ts'
import type { DhcpListener } from './dhcp-listener.ts'
import { leaseClientOf } from './lease-client-of.ts'

/** Clients may ask for less than they would get, but not for so little that they only ever renew. */
const leastLeaseSeconds = 60

/** What is known about a request before the first link sees it; undefined when it is not ours to answer. */
export function exchangeOf(
  request: DhcpPacket,
  macAddress: MacAddress,
  { place: arrivedOn, prober, role }: Pick<DhcpListener, 'place' | 'prober' | 'role'>,
  subnets: ServedSubnets,
): DhcpExchange | undefined {
  // Two servers must not answer each other for ever, nor we our own words when they come back.
  if (request.operation !== 'request') return undefined
  const isRelayed = request.relayAddress !== unspecifiedIpv4
  const relay = isRelayed ? readRelayAgentInformation(request.options) : noRelayAgentInformation
  const place: RequestPlace = {
    arrivedOn,
    relayAddress: request.relayAddress,
    addressInUse: addressInUse(request),
    linkSelection: relay.linkSelection,
    subnetSelection: readAddressOption(request.options, dhcpOptionCode.subnetSelection),
  }
  const served = subnets.select(place)
  if (served === undefined) return undefined
  const leaseClient = leaseClientOf(macAddress, request, relay)
  const { subnet, pool } = served
  const reservation = served.reservationFor(leaseClient)
  const profiles =
    subnet.profiles.length === 0
      ? subnet.profiles
      : subnet.profiles.filter(({ matches }) => matches(leaseClient))
  return {
    request,
    role,
    macAddress,
    client: bootClientOf(macAddress, request.options),
    leaseClient,
    applicant: { macAddress, reservedAddress: reservation?.address },
    serverAddress: relay.serverIdentifierOverride ?? arrivedOn.address,
    subnet,
    pool,
    leaseSeconds: leaseSecondsOf(request, subnet, profiles, reservation),
    optionSets: optionSetsOf(subnet, profiles, reservation),
    prober: isRelayed || !isDirect(served, subnets, place) ? undefined : prober,
  }
}

/** The general before the particular. */
function optionSetsOf(
  subnet: Subnet,
  profiles: readonly Profile[],
  reservation: Reservation | undefined,
): OptionSet[] {
  const sets = [subnet.options]
  for (const { options } of profiles) sets.push(options)
  if (reservation !== undefined) sets.push(reservation.options)
  return sets
}

/** Whether the client hears the interface itself: only then can its network be asked who has an address. */
function isDirect(served: ServedSubnet, subnets: ServedSubnets, place: RequestPlace): boolean {
  return subnets.ofInterface(place.arrivedOn) === served
}

function leaseSecondsOf(
  { options }: DhcpPacket,
  subnet: Subnet,
  profiles: readonly Profile[],
  reservation: Reservation | undefined,
): number {
  const usual =
    reservation?.address === undefined
      ? (profiles.findLast(({ leaseSeconds }) => leaseSeconds !== undefined)?.leaseSeconds ??
        subnet.leaseSeconds)
      : subnet.reservedLeaseSeconds
  const wanted = readUint32Option(options, dhcpOptionCode.leaseTime) ?? usual
  return Math.min(usual, Math.max(wanted, leastLeaseSeconds))
}
