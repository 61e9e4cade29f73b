// Strangers without end: DISCOVERs of ever new cards, so many a second, until it is killed.
import { broadcastIpv4 } from '../../../../src/base/ipv4-address.ts'
import { openDeviceSocket } from '../../../../src/daemon/servers/dhcp/open-device-socket.ts'
import {
  internetAddress,
  loadSocketCalls,
} from '../../../../src/daemon/servers/dhcp/socket-calls.ts'
import { encodePacket } from '../../../../src/protocol/dhcpv4/encode-packet.ts'
import { dhcpRequest } from '../../../fakes/dhcp-request.ts'

const { interfaceName, perSecond } = JSON.parse(process.argv[2] ?? '') as {
  readonly interfaceName: string
  readonly perSecond: number
}
const calls = await loadSocketCalls()
const { fd } = await openDeviceSocket(interfaceName, 0)
const everybody = internetAddress(broadcastIpv4, 67)
const packet = encodePacket(dhcpRequest())
const view = new DataView(packet.buffer, packet.byteOffset)
const startedMs = performance.now()
let sent = 0
setInterval(() => {
  const due = ((performance.now() - startedMs) / 1000) * perSecond
  for (; sent < due; sent++) {
    // Transaction and the last four bytes of the card.
    view.setUint32(4, sent)
    view.setUint32(30, sent)
    calls.send(fd, packet, everybody)
  }
}, 5)
process.stdout.write('{"ready":true}\n')
