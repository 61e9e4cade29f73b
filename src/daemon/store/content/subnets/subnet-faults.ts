import { type Ipv4Address, ipv4ToNumber } from '../../../../base/ipv4-address.ts'
import { type Ipv4Network, networkContains } from '../../../../base/ipv4-network.ts'
import type { SubnetDocument } from '../../../../contract/subnet.ts'
import { isHost } from '../../../domain/lease/select-subnet.ts'
import type { Complain } from './read-options.ts'
import { reservationKey } from './subnet-of-document.ts'

type Range = SubnetDocument['pools'][number]

/** What is wrong within one subnet although each value by itself is none. */
export function findSubnetFaults(document: SubnetDocument, complain: Complain): void {
  const { network } = document
  const shown = networkText(network)
  for (const [index, pool] of document.pools.entries()) {
    const path = ['pools', index]
    if (!contains(network, pool)) complain(path, `the pool is not inside ${shown}`)
    const earlier = document.pools.slice(0, index).find((other) => overlap(pool, other))
    if (earlier !== undefined) complain(path, `overlaps the pool ${rangeText(earlier)}`)
  }
  for (const [index, range] of document.exclude.entries()) {
    if (!contains(network, range)) complain(['exclude', index], `not inside ${shown}`)
  }
  if (document.router !== undefined && !isHost(network, document.router)) {
    complain(['router'], `${document.router} is no machine's address in ${shown}`)
  }
  if (document.pools.length === 0 && document.reservations.length === 0) {
    complain(['pools'], 'neither a pool nor a reservation: nobody would get an address')
  }
  repeated(document.profiles.map(({ name }) => name)).forEach((index) =>
    complain(['profiles', index, 'name'], 'another profile has this name'),
  )
  findReservationFaults(document, complain)
}

function findReservationFaults(document: SubnetDocument, complain: Complain): void {
  const { network, reservations } = document
  const keys = reservations.map((reservation) => {
    const { kind, value } = reservationKey(reservation)
    return `${kind} ${value}`
  })
  for (const index of repeated(keys)) {
    complain(['reservations', index], `${keys[index]} has a reservation already`)
  }
  const addresses = reservations.map(({ address }) => address)
  for (const index of repeated(addresses)) {
    const message = `${addresses[index]} is reserved for two machines`
    complain(['reservations', index, 'address'], message)
  }
  for (const [index, address] of addresses.entries()) {
    if (address === undefined || isHost(network, address)) continue
    const message = `${address} is no machine's address in ${networkText(network)}`
    complain(['reservations', index, 'address'], message)
  }
}

/** What two subnets claim both. */
export function findSharedClaims(
  document: SubnetDocument,
  earlier: readonly SubnetDocument[],
  complain: Complain,
): void {
  for (const other of earlier) {
    if (networksOverlap(document.network, other.network)) {
      complain(['network'], `overlaps subnet ${other.name}, ${networkText(other.network)}`)
    }
    if (document.interface !== undefined && document.interface === other.interface) {
      complain(['interface'], `subnet ${other.name} has this interface already`)
    }
    for (const [index, relay] of document.relays.entries()) {
      if (other.relays.includes(relay) || networkContains(other.network, relay)) {
        complain(['relays', index], `${relay} speaks for subnet ${other.name} already`)
      }
    }
  }
}

/** Where a value stands that stood before; absent values do not count. */
function repeated(values: readonly (string | undefined)[]): number[] {
  const seen = new Set<string>()
  return values.flatMap((value, index) => {
    if (value === undefined) return []
    if (seen.has(value)) return [index]
    seen.add(value)
    return []
  })
}

export function networksOverlap(one: Ipv4Network, other: Ipv4Network): boolean {
  return networkContains(one, other.address) || networkContains(other, one.address)
}

function contains(network: Ipv4Network, { first, last }: Range): boolean {
  return networkContains(network, first) && networkContains(network, last)
}

function overlap(one: Range, other: Range): boolean {
  const number = (address: Ipv4Address) => ipv4ToNumber(address)
  return number(one.first) <= number(other.last) && number(other.first) <= number(one.last)
}

function rangeText({ first, last }: Range): string {
  return first === last ? first : `${first}-${last}`
}

function networkText({ address, prefixLength }: Ipv4Network): string {
  return `${address}/${prefixLength}`
}
