import { describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { readConfig } from '../../../../../src/daemon/configuration/config.ts'
import {
  type HostInterface,
  InterfaceAddressError,
  InterfaceUnknownError,
} from '../../../../../src/daemon/configuration/network-interfaces.ts'
import { dhcpNetworks } from '../../../../../src/daemon/parts/networks/dhcp-networks.ts'
import { sampleSubnet } from '../../../../fakes/sample-subnet.ts'

const ip = parseIpv4Address
const onNetwork = (name: string, address: string, network: string): HostInterface => ({
  name,
  addresses: [{ address: ip(address), network: { address: ip(network), prefixLength: 24 } }],
})
const interfaces = [
  onNetwork('lab0', '10.77.0.1', '10.77.0.0'),
  onNetwork('lab1', '10.78.0.1', '10.78.0.0'),
]
const config = readConfig({
  flags: { interface: 'lab0', dns: '10.77.0.250' },
  environment: {},
  workingDirectory: '/nowhere',
  userId: 0,
  interfaces,
})
const rackOne = sampleSubnet({
  name: 'rack-1',
  network: { address: ip('10.78.0.0'), prefixLength: 24 },
  interfaceName: 'lab1',
})

describe(dhcpNetworks, () => {
  test('refuses a subnet whose interface is not there', () => {
    const subnet = { ...rackOne, interfaceName: 'lab7' }
    expect(() => dhcpNetworks(config, [subnet], interfaces)).toThrow(InterfaceUnknownError)
  })

  test('refuses a subnet whose interface has no address in it', () => {
    const subnet = { ...rackOne, network: { address: ip('10.79.0.0'), prefixLength: 24 } }
    expect(() => dhcpNetworks(config, [subnet], interfaces)).toThrow(InterfaceAddressError)
  })

  test('describes the network of the interface by the settings where no content does', () => {
    const { interfaces: served, subnets } = dhcpNetworks(config, [], interfaces)
    expect(served).toEqual([{ interfaceName: 'lab0', address: '10.77.0.1', prefixLength: 24 }])
    expect(subnets).toMatchObject([
      {
        name: 'lab0',
        pools: [{ first: '10.77.0.128', last: '10.77.0.254' }],
        excluded: [{ first: '10.77.0.250', last: '10.77.0.250' }],
      },
    ])
  })

  test('leaves the network of the interface to the content where that describes it', () => {
    const subnets = [sampleSubnet()]
    expect(dhcpNetworks(config, subnets, interfaces)).toMatchObject({ subnets })
  })

  test('hears on every interface that a subnet names, and is the router there', () => {
    const { interfaces: served, subnets } = dhcpNetworks(config, [rackOne], interfaces)
    expect(served.map(({ interfaceName, address }) => `${interfaceName} ${address}`)).toEqual([
      'lab0 10.77.0.1',
      'lab1 10.78.0.1',
    ])
    expect(subnets.map(({ name }) => name)).toEqual(['lab0', 'rack-1'])
    expect(subnets[1]?.options.get(3)).toEqual(Uint8Array.of(10, 78, 0, 1))
  })

  test('leaves the router of a subnet alone', () => {
    const options = new Map([[3, Uint8Array.of(10, 78, 0, 9)]])
    const { subnets } = dhcpNetworks(config, [{ ...rackOne, options }], interfaces)
    expect(subnets[1]?.options.get(3)).toEqual(Uint8Array.of(10, 78, 0, 9))
  })
})
