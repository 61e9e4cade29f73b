// A relay at 10.77.1.1 that asks 10.77.0.1 for an address until it is answered, and then ends.
import { createSocket } from 'node:dgram'

import { parseIpv4Address } from '../../../src/base/ipv4-address.ts'
import { encodePacket } from '../../../src/protocol/dhcpv4/encode-packet.ts'
import { dhcpRequest } from '../../fakes/dhcp-request.ts'

const relayAddress = parseIpv4Address('10.77.1.1')
const askEveryMs = 20
const socket = createSocket('udp4')
const request = encodePacket(dhcpRequest({ relayAddress }))
socket.once('message', () => process.exit(0))
// Nobody listens yet.
socket.on('error', () => {})
socket.bind(67, relayAddress, () => {
  setInterval(() => socket.send(request, 67, '10.77.0.1'), askEveryMs)
})
