import { CodedError } from '../../../base/coded-error.ts'
import { type Ipv4Address, ipv4FromNumber, ipv4ToNumber } from '../../../base/ipv4-address.ts'
import { type Ipv4Network, networkBroadcast, networkContains } from '../../../base/ipv4-network.ts'

/** Addresses from `first` to `last`, both included. */
export interface AddressRange {
  readonly first: Ipv4Address
  readonly last: Ipv4Address
}

const mostAddresses = 65_536

/** The pool is not a range of addresses that its network can lend. */
export class PoolRangeError extends CodedError {
  readonly code = 'ERR_LEASE_POOL_RANGE'
  readonly range: AddressRange

  constructor(range: AddressRange, reason: string) {
    super(`the pool ${range.first} to ${range.last} ${reason}`, {
      remedy: 'Choose a first and a last address inside the network of the interface.',
    })
    this.range = range
  }
}

/**
 * Every address of the range that a machine may have: the network's own address, its broadcast address
 * and `excluded` are left out.
 *
 * @throws {PoolRangeError} when the range is empty, leaves the network or has more than 65536 addresses
 */
export function lendableAddresses(
  range: AddressRange,
  network: Ipv4Network,
  excluded: Iterable<Ipv4Address>,
): Ipv4Address[] {
  if (!networkContains(network, range.first) || !networkContains(network, range.last)) {
    throw new PoolRangeError(range, `is not inside ${network.address}/${network.prefixLength}`)
  }
  const first = ipv4ToNumber(range.first)
  const count = ipv4ToNumber(range.last) - first + 1
  if (count > mostAddresses) throw new PoolRangeError(range, `has more than ${mostAddresses}`)
  const without = new Set([...excluded, network.address, networkBroadcast(network)])
  const addresses = Array.from({ length: Math.max(0, count) }, (_unused, index) =>
    ipv4FromNumber(first + index),
  ).filter((address) => !without.has(address))
  if (addresses.length === 0) throw new PoolRangeError(range, 'has no address to lend')
  return addresses
}
