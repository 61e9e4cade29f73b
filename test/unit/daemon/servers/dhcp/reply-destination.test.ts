import { describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import { replyDestination } from '../../../../../src/daemon/servers/dhcp/reply-destination.ts'
import { dhcpRequest } from '../../../../fakes/dhcp-request.ts'

const used = parseIpv4Address('10.77.0.9')
const relayAddress = parseIpv4Address('10.77.0.2')
const requested = [[50, [10, 77, 0, 9]]] as const

describe(replyDestination, () => {
  test.each([
    ['an OFFER', dhcpRequest(), 'offer', '255.255.255.255'],
    [
      'an OFFER with the broadcast flag',
      dhcpRequest({ flags: 0x8000 }),
      'offer',
      '255.255.255.255',
    ],
    [
      'C-D18 an OFFER to a client that wrote an address into its DISCOVER',
      dhcpRequest({ clientAddress: used }),
      'offer',
      '255.255.255.255',
    ],
    [
      'C-D18 an ACK to a client that names an address twice',
      dhcpRequest({ messageType: 'request', clientAddress: used, options: requested }),
      'ack',
      '255.255.255.255',
    ],
    [
      'an ACK to a client that renews',
      dhcpRequest({ messageType: 'request', clientAddress: used }),
      'ack',
      '10.77.0.9',
    ],
    [
      'a NAK to a client that renews',
      dhcpRequest({ messageType: 'request', clientAddress: used }),
      'nak',
      '255.255.255.255',
    ],
  ] as const)('C-D04 %s', (_title, request, replyType, address) => {
    expect(replyDestination(request, replyType)).toEqual({ address, port: 'client' })
  })

  test.each(['offer', 'ack', 'nak'] as const)(
    'C-D05 a relayed %s goes to the relay',
    (replyType) => {
      const request = dhcpRequest({ messageType: 'request', clientAddress: used, relayAddress })
      expect(replyDestination(request, replyType)).toEqual({
        address: relayAddress,
        port: 'server',
      })
    },
  )
})
