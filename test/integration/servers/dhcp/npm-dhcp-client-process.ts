// The client of the npm package `dhcp`: one DISCOVER to one lease, which is printed.
import { createRequire } from 'node:module'

interface NpmDhcpClient {
  listen(): void
  on(event: 'listening', listener: () => void): void
  on(event: 'message', listener: (offer: { yiaddr: string }) => void): void
  on(event: 'bound', listener: (state: { address: string; options: object }) => void): void
  sendDiscover(): void
  readonly _state: { address: string }
}
interface NpmDhcp {
  createClient(options: { mac: string }): NpmDhcpClient
}

const dhcp = createRequire(import.meta.url)('dhcp') as NpmDhcp
const client = dhcp.createClient({ mac: process.argv[2] ?? '' })
// Once its socket may broadcast, which comes after `listening`.
client.on('listening', () => setImmediate(() => client.sendDiscover()))
// It would ask for no address at all: it remembers the offered one after its REQUEST is written.
client.on('message', ({ yiaddr }) => (client._state.address = yiaddr))
client.on('bound', ({ address, options }) => {
  process.stdout.write(JSON.stringify({ address, options }))
  process.exit(0)
})
client.listen()
