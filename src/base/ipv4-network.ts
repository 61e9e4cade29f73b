import { type Ipv4Address, ipv4FromNumber, ipv4ToNumber } from './ipv4-address.ts'

/** An IPv4 network: `10.77.0.0/24`. */
export interface Ipv4Network {
  readonly address: Ipv4Address
  /** 0 to 32. */
  readonly prefixLength: number
}

/** Addresses in the network, the network and broadcast addresses included. */
export function hostCount(network: Ipv4Network): number {
  return 2 ** (32 - network.prefixLength)
}

export function networkContains(network: Ipv4Network, address: Ipv4Address): boolean {
  const offset = ipv4ToNumber(address) - ipv4ToNumber(network.address)
  return offset >= 0 && offset < hostCount(network)
}

export function networkMask(network: Ipv4Network): Ipv4Address {
  return ipv4FromNumber(2 ** 32 - hostCount(network))
}

export function networkBroadcast(network: Ipv4Network): Ipv4Address {
  return ipv4FromNumber(ipv4ToNumber(network.address) + hostCount(network) - 1)
}
