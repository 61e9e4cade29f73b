import { CodedError } from '../../../base/coded-error.ts'
import { type Ipv4Address, ipv4ToNumber } from '../../../base/ipv4-address.ts'
import { type Ipv4Network, networkBroadcast, networkContains } from '../../../base/ipv4-network.ts'

/** Addresses from `first` to `last`, both included. */
export interface AddressRange {
  readonly first: Ipv4Address
  readonly last: Ipv4Address
}

/** An address that may be lent, as a number from 0 to 2^32-1: pools are large, and counted through. */
export interface NumberRange {
  readonly first: number
  readonly last: number
}

const mostAddresses = 1_048_576

/** A pool is not a range of addresses that its network can lend. */
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
 * The addresses of the pools that a machine may have, lowest first and without overlap: the network's
 * own address, its broadcast address and `excluded` are cut out.
 *
 * @throws {PoolRangeError} when a pool is empty, leaves the network or has more than a million addresses
 */
export function lendableRanges(
  pools: readonly AddressRange[],
  network: Ipv4Network,
  excluded: Iterable<AddressRange>,
): NumberRange[] {
  const broadcast = networkBroadcast(network)
  const holes = [
    { first: network.address, last: network.address },
    { first: broadcast, last: broadcast },
    ...excluded,
  ]
    .map(numbersOf)
    .sort((one, other) => one.first - other.first)
  return pools
    .flatMap((pool) => {
      checkPool(pool, network)
      const ranges = without(numbersOf(pool), holes)
      if (ranges.length === 0) throw new PoolRangeError(pool, 'has no address to lend')
      return ranges
    })
    .toSorted((one, other) => one.first - other.first)
}

export function numbersOf({ first, last }: AddressRange): NumberRange {
  return { first: ipv4ToNumber(first), last: ipv4ToNumber(last) }
}

function checkPool(pool: AddressRange, network: Ipv4Network): void {
  if (!networkContains(network, pool.first) || !networkContains(network, pool.last)) {
    throw new PoolRangeError(pool, `is not inside ${network.address}/${network.prefixLength}`)
  }
  const { first, last } = numbersOf(pool)
  if (last - first >= mostAddresses)
    throw new PoolRangeError(pool, `has more than ${mostAddresses}`)
}

/** What the holes leave of a range; they come lowest first. */
function without(range: NumberRange, holes: readonly NumberRange[]): NumberRange[] {
  const parts: NumberRange[] = []
  let { first } = range
  for (const hole of holes) {
    if (hole.first > range.last) break
    if (hole.first > first) parts.push({ first, last: hole.first - 1 })
    first = Math.max(first, hole.last + 1)
  }
  return first > range.last ? parts : [...parts, { first, last: range.last }]
}
