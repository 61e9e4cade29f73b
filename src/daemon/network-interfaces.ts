import { readdirSync } from 'node:fs'
import { networkInterfaces } from 'node:os'

import { CodedError } from '../base/coded-error.ts'
import {
  type Ipv4Address,
  ipv4FromNumber,
  ipv4ToNumber,
  readIpv4Address,
} from '../base/ipv4-address.ts'
import type { Ipv4Network } from '../base/ipv4-network.ts'

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
    super(
      name === undefined
        ? 'which interface faces the machines is not set'
        : `this machine has no interface ${name}`,
      {
        remedy: `repave serve --interface NAME, with one of: ${existing.join(', ') || 'none found'}`,
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

/** Every interface but the loopback, those without an address too. */
export function hostInterfaces(): readonly HostInterface[] {
  const known = networkInterfaces()
  return interfaceNames(Object.keys(known)).map((name) => ({
    name,
    addresses: (known[name] ?? []).flatMap(({ family, address, netmask }) => {
      const own = family === 'IPv4' ? readIpv4Address(address) : undefined
      const mask = readIpv4Address(netmask)
      if (own === undefined || mask === undefined) return []
      return [{ address: own, network: networkOf(own, mask) }]
    }),
  }))
}

/** Node lists only interfaces that have an address; the kernel knows the others as well. */
function interfaceNames(withAddress: readonly string[]): readonly string[] {
  let all: readonly string[]
  try {
    all = readdirSync('/sys/class/net')
  } catch {
    all = withAddress
  }
  return all.filter((name) => name !== 'lo').sort()
}

function networkOf(address: Ipv4Address, mask: Ipv4Address): Ipv4Network {
  const hosts = 2 ** 32 - ipv4ToNumber(mask)
  return {
    address: ipv4FromNumber(ipv4ToNumber(address) - (ipv4ToNumber(address) % hosts)),
    prefixLength: 32 - Math.round(Math.log2(hosts)),
  }
}
