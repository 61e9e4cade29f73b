// A bare DHCP client socket: sends each packet that a line of standard input holds in hexadecimal, writes
// each packet that arrives as a line.
import { createInterface } from 'node:readline'

import { fromHex, toHex } from '../../../../src/base/hex.ts'
import { openDeviceSocket } from '../../../../src/daemon/servers/dhcp/open-device-socket.ts'

const { interfaceName, port } = JSON.parse(process.argv[2] ?? '') as {
  readonly interfaceName: string
  readonly port: number
}
const { socket } = await openDeviceSocket(interfaceName, port)
const write = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
socket.on('message', (bytes, { address, port }) => write({ hex: toHex(bytes), address, port }))
write({ ready: true })

for await (const line of createInterface({ input: process.stdin })) {
  const { hex, to, port } = JSON.parse(line) as { hex: string; to: string; port: number }
  socket.send(fromHex(hex), port, to)
}
