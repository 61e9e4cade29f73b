import { describe, expect, test } from 'vitest'

import { parseIpv4Address, unspecifiedIpv4 } from '../../../../../src/base/ipv4-address.ts'
import { replyDestination } from '../../../../../src/daemon/servers/dhcp/reply-destination.ts'
import { dhcpRequest } from '../../../../fakes/dhcp-request.ts'

const given = parseIpv4Address('10.77.0.100')
const used = parseIpv4Address('10.77.0.9')
const relayAddress = parseIpv4Address('10.77.0.2')
const requested = [[50, [10, 77, 0, 9]]] as const
const everybody = { kind: 'client', address: '255.255.255.255' }
const card = { kind: 'card', address: given }

describe(replyDestination, () => {
  test.each([
    ['an OFFER', dhcpRequest(), 'offer', card],
    ['an ACK', dhcpRequest({ messageType: 'request' }), 'ack', card],
    ['an OFFER with the broadcast flag', dhcpRequest({ flags: 0x8000 }), 'offer', everybody],
    ['an OFFER with flags that mean nothing', dhcpRequest({ flags: 0x7fff }), 'offer', card],
    [
      'C-D18 an OFFER to a client that wrote an address into its DISCOVER',
      dhcpRequest({ clientAddress: used }),
      'offer',
      card,
    ],
    [
      'C-D18 an ACK to a client that names an address twice',
      dhcpRequest({ messageType: 'request', clientAddress: used, options: requested }),
      'ack',
      card,
    ],
    [
      'an ACK to a client that renews',
      dhcpRequest({ messageType: 'request', clientAddress: used, flags: 0x8000 }),
      'ack',
      { kind: 'client', address: used },
    ],
    [
      'a NAK to a client that renews',
      dhcpRequest({ messageType: 'request', clientAddress: used }),
      'nak',
      everybody,
    ],
    [
      'a NAK to a client without an address',
      dhcpRequest({ messageType: 'request' }),
      'nak',
      everybody,
    ],
  ] as const)('C-D04 %s', (_title, request, replyType, destination) => {
    expect(replyDestination(request, replyType, given)).toEqual(destination)
  })

  test('C-P02 C-D04 a proxy, which gives no address, answers with everybody', () => {
    expect(replyDestination(dhcpRequest(), 'offer', unspecifiedIpv4)).toEqual(everybody)
  })

  test.each(['offer', 'ack', 'nak'] as const)(
    'C-D05 a relayed %s goes to the relay',
    (replyType) => {
      const request = dhcpRequest({ messageType: 'request', clientAddress: used, relayAddress })
      expect(replyDestination(request, replyType, given)).toEqual({
        kind: 'relay',
        address: relayAddress,
      })
    },
  )
})
