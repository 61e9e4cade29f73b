// One server on loopback, named by the first argument; says on which port it listens and serves until it
// is stopped, or until a packet stops it.
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'

import { parseIpv4Address } from '../src/base/ipv4-address.ts'
import type { Logger } from '../src/base/logger.ts'
import { startDhcpServer } from '../src/daemon/servers/dhcp/dhcp-server.ts'
import { startTftpServer } from '../src/daemon/servers/tftp/tftp-server.ts'
import { MemoryLeaseStore } from '../test/fakes/memory-lease-store.ts'

interface NpmDhcp {
  createServer(settings: object): {
    on(event: 'listening' | 'error', listener: () => void): void
    listen(port: number, address: string): void
  }
}
interface NpmTftp {
  createServer(settings: object): {
    on(event: 'listening' | 'error', listener: () => void): void
    listen(): void
  }
}

const [role = '', portText = ''] = process.argv.slice(2)
const port = Number(portText)
const require = createRequire(import.meta.url)
const ip = parseIpv4Address
const ready = () => process.stdout.write('ready\n')
const logger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => logger,
}
const world = {
  clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
  events: { record: () => {} },
  logger,
}

const servers: Readonly<Record<string, () => Promise<unknown> | void>> = {
  'npm-dhcp': () => {
    const server = (require('dhcp') as NpmDhcp).createServer({
      range: ['127.0.0.100', '127.0.0.150'],
      randomIP: false,
      netmask: '255.0.0.0',
      router: ['127.0.0.1'],
      dns: ['127.0.0.1'],
      broadcast: '127.255.255.255',
      server: '127.0.0.1',
      bootFile: 'undionly.kpxe',
    })
    server.on('error', () => {})
    server.on('listening', ready)
    server.listen(port, '127.0.0.1')
  },
  'npm-tftp': () => {
    const settings = { host: '127.0.0.1', port, root: tmpdir() }
    const server = (require('tftp') as NpmTftp).createServer(settings)
    server.on('error', () => {})
    server.on('listening', ready)
    server.listen()
  },
  'repave-dhcp': async () => {
    await startDhcpServer({
      ...world,
      interfaces: [{ interfaceName: 'lo', address: ip('127.0.0.1'), prefixLength: 8 }],
      port,
      subnets: [
        {
          name: 'loopback',
          network: { address: ip('127.0.0.0'), prefixLength: 8 },
          relays: [],
          pools: [{ first: ip('127.0.0.100'), last: ip('127.0.0.150') }],
          excluded: [],
          leaseSeconds: 3600,
          reservedLeaseSeconds: 3600,
          options: new Map(),
          profiles: [],
          reservations: [],
        },
      ],
      leaseStore: new MemoryLeaseStore(),
      isKnownMachine: () => false,
      bootFiles: {
        bootFileFor: () => ({
          kind: 'boot-file',
          bootFileName: 'undionly.kpxe',
          serverAddress: ip('127.0.0.1'),
          because: 'it asks for one',
        }),
      },
    })
    ready()
  },
  'repave-tftp': async () => {
    await startTftpServer({ ...world, address: ip('127.0.0.1'), port, routes: [], mtuBytes: 1500 })
    ready()
  },
}

const start = servers[role]
if (start === undefined) throw new TypeError(`no such server: ${role}`)
await start()
