import { describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { subnetOf } from '../../../../../src/daemon/servers/dhcp/receive-filter.ts'
import { dhcpExchange } from '../../../../fakes/dhcp-exchange.ts'
import { dhcpRequest } from '../../../../fakes/dhcp-request.ts'

const ip = parseIpv4Address
const { subnet, serverAddress } = dhcpExchange()

describe(subnetOf, () => {
  test('D33 knows no subnet for a server’s message', () => {
    expect(subnetOf(dhcpRequest({ operation: 'reply' }), subnet, serverAddress)).toBeUndefined()
  })

  test.each(['10.99.0.1', '10.77.0.1', '10.77.0.0', '10.77.0.255', '255.255.255.255', '127.0.0.1'])(
    'D14 knows no subnet for a relay at %s',
    (address) => {
      const request = dhcpRequest({ relayAddress: ip(address) })
      expect(subnetOf(request, subnet, serverAddress)).toBeUndefined()
    },
  )

  test.each(['0.0.0.0', '10.77.0.2'])('is its own for a relay at %s', (address) => {
    const request = dhcpRequest({ relayAddress: ip(address) })
    expect(subnetOf(request, subnet, serverAddress)).toBe(subnet)
  })
})
