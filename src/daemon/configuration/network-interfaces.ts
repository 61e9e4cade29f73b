import { execFileSync } from 'node:child_process'

import { CodedError } from '../../base/coded-error.ts'
import {
  type Ipv4Address,
  ipv4FromNumber,
  ipv4ToNumber,
  readIpv4Address,
} from '../../base/ipv4-address.ts'
import { hostCount, type Ipv4Network } from '../../base/ipv4-network.ts'

/** One of this machine's interfaces and its IPv4 addresses. */
export interface HostInterface {
  readonly name: string
  readonly addresses: readonly { readonly address: Ipv4Address; readonly network: Ipv4Network }[]
}

/** No interface is configured, or this machine has none of that name. */
export class InterfaceUnknownError extends CodedError {
  readonly code = 'ERR_INTERFACE_UNKNOWN'
  readonly existing: readonly string[]

  constructor(name: string | undefined, existing: readonly string[]) {
    // No machine is on the loopback interface, simulated ones aside.
    const facing = existing.filter((one) => one !== 'lo')
    super(
      name === undefined
        ? 'which interface faces the machines is not set'
        : `this machine has no interface ${name}`,
      {
        remedy: `repave serve --interface NAME, with one of: ${facing.join(', ') || 'none found'}`,
      },
    )
    this.existing = existing
  }
}

/** The interface has no IPv4 address (or not the one that is configured). */
export class InterfaceAddressError extends CodedError {
  readonly code = 'ERR_INTERFACE_ADDRESS'
  readonly interfaceName: string

  constructor(name: string, wanted: string | undefined, present: readonly string[]) {
    const has = present.length === 0 ? 'no IPv4 address' : `only ${present.join(', ')}`
    super(
      wanted === undefined
        ? `interface ${name} has ${has}`
        : `interface ${name} does not have the address ${wanted}: it has ${has}`,
      { remedy: `ip addr add ${wanted ?? '10.77.0.1'}/24 dev ${name} && ip link set ${name} up` },
    )
    this.interfaceName = name
  }
}

/** What `ip -json address show` says of one interface, as far as we read it. */
interface LinkAddresses {
  readonly ifname: string
  readonly addr_info: readonly { family: string; local?: string; prefixlen?: number }[]
}

/**
 * Every interface, those without an address or without carrier too: Node's own list
 * leaves out an interface whose machines are all switched off.
 *
 * @throws {Error} when iproute2's `ip` cannot be run
 */
export function hostInterfaces(): readonly HostInterface[] {
  const links = JSON.parse(
    execFileSync('ip', ['-json', 'address', 'show'], { encoding: 'utf8' }),
  ) as readonly LinkAddresses[]
  return links.map(({ ifname, addr_info }) => ({
    name: ifname,
    addresses: addr_info.flatMap(({ family, local, prefixlen }) => {
      const address = family === 'inet' ? readIpv4Address(local ?? '') : undefined
      if (address === undefined || prefixlen === undefined) return []
      return [{ address, network: networkOf(address, prefixlen) }]
    }),
  }))
}

function networkOf(address: Ipv4Address, prefixLength: number): Ipv4Network {
  const number = ipv4ToNumber(address)
  const base = ipv4FromNumber(number - (number % hostCount({ address, prefixLength })))
  return { address: base, prefixLength }
}
