import type { Ipv4Address } from '../../../../base/ipv4-address.ts'
import type { SubnetDocument } from '../../../../contract/subnet.ts'
import { networkOptions } from '../../../../protocol/dhcpv4/network-options.ts'
import { matchesProfile } from '../../../domain/lease/client-profile.ts'
import { relayPort } from '../../../domain/lease/lease-client.ts'
import type { Profile, Reservation, Subnet } from '../../../domain/lease/subnet.ts'
import { type Complain, readOptions } from './read-options.ts'

type Written<Member extends 'profiles' | 'reservations'> = SubnetDocument[Member][number]

/** The subnet that a document describes; what is wrong with its options is told to `complain`. */
export function subnetOfDocument(document: SubnetDocument, complain: Complain): Subnet {
  const { name, network, relays, pools, leaseSeconds, reservedLeaseSeconds } = document
  const { router, dnsServers, bootPrograms } = document
  const single = (address: Ipv4Address) => ({ first: address, last: address })
  const used = [...(router === undefined ? [] : [router]), ...dnsServers]
  return {
    name,
    network,
    ...(document.interface === undefined ? {} : { interfaceName: document.interface }),
    relays,
    pools,
    excluded: [...document.exclude, ...used.map(single)],
    leaseSeconds,
    reservedLeaseSeconds,
    bootPrograms,
    options: new Map([
      ...networkOptions(document),
      ...readOptions(document.options, ['options'], complain),
    ]),
    profiles: document.profiles.map((profile, index) => profileOf(profile, index, complain)),
    reservations: document.reservations.map((reservation, index) =>
      reservationOf(reservation, index, complain),
    ),
  }
}

function profileOf(profile: Written<'profiles'>, index: number, complain: Complain): Profile {
  const { name, when, leaseSeconds } = profile
  const tests = Object.fromEntries(
    Object.entries(when).filter(([, test]) => test !== undefined),
  ) as Parameters<typeof matchesProfile>[0]
  return {
    name,
    matches: (client) => matchesProfile(tests, client),
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
    options: readOptions(profile.options, ['profiles', index, 'options'], complain),
  }
}

function reservationOf(
  reservation: Written<'reservations'>,
  index: number,
  complain: Complain,
): Reservation {
  const { address } = reservation
  return {
    key: reservationKey(reservation),
    ...(address === undefined ? {} : { address }),
    options: readOptions(reservation.options, ['reservations', index, 'options'], complain),
  }
}

/** The schema has made sure that exactly one is there. */
export function reservationKey({
  macAddress,
  clientId,
  systemUuid,
  port,
}: Written<'reservations'>): Reservation['key'] {
  if (macAddress !== undefined) return { kind: 'mac-address', value: macAddress }
  if (clientId !== undefined) return { kind: 'client-id', value: clientId }
  if (systemUuid !== undefined) return { kind: 'system-uuid', value: systemUuid }
  return { kind: 'relay-port', value: relayPort(port?.remoteId ?? '', port?.circuitId ?? '') }
}
