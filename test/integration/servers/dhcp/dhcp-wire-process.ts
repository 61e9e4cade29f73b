// A bare DHCP client: sends each packet that a line of standard input holds in hexadecimal, writes each
// that arrives for its port as a line, for whatever card and address it is: a machine that is about to
// get its address has it no more than we do.
import { createInterface } from 'node:readline'

import { fromHex, toHex } from '../../../../src/base/hex.ts'
import { openLinkSocket } from '../../../../src/daemon/servers/dhcp/link-socket.ts'
import { openDeviceSocket } from '../../../../src/daemon/servers/dhcp/open-device-socket.ts'
import { linux, loadSocketCalls } from '../../../../src/daemon/servers/dhcp/socket-calls.ts'
import { readUdpDatagram } from '../../../../src/protocol/ipv4/udp-datagram.ts'

const { interfaceName, port } = JSON.parse(process.argv[2] ?? '') as {
  readonly interfaceName: string
  readonly port: number
}
const pollMs = 2
const calls = await loadSocketCalls()
const { etherTypeIpv4: etherType } = linux
const hearing = openLinkSocket({ interfaceName, etherType, calls, mostBytes: 2048 })
const { socket } = await openDeviceSocket(interfaceName, port)
const write = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
setInterval(() => {
  hearing?.receive((packet) => {
    const datagram = readUdpDatagram(packet)
    if (datagram?.destinationPort !== port) return
    const { payload, source, sourcePort, destination } = datagram
    write({ hex: toHex(payload), address: source, port: sourcePort, to: destination })
  })
}, pollMs)
write({ ready: true })

for await (const line of createInterface({ input: process.stdin })) {
  const { hex, to, port } = JSON.parse(line) as { hex: string; to: string; port: number }
  socket.send(fromHex(hex), port, to)
}
process.exit(0)
