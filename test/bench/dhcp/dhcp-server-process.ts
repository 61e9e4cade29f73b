// The DHCP server over the real store, as the daemon runs it, for the bench: says when it listens and,
// for each line of standard input, how its event loop fared since the last.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createInterface } from 'node:readline'

import { ipv4FromNumber, ipv4ToNumber, parseIpv4Address } from '../../../src/base/ipv4-address.ts'
import type { Logger } from '../../../src/base/logger.ts'
import { parseMacAddress } from '../../../src/base/mac-address.ts'
import { startDhcpServer } from '../../../src/daemon/servers/dhcp/dhcp-server.ts'
import { openStore } from '../../../src/daemon/store/sqlite/open-store.ts'
import { networkOptions } from '../../../src/protocol/dhcpv4/network-options.ts'
import { realClock } from '../../fakes/real-clock.ts'

export interface BenchServerSettings {
  readonly databasePath: string
  /** Leases that lie in the database before the server starts. */
  readonly storedLeases: number
}

/** What a line of standard input is answered with. */
export interface BenchServerHealth {
  readonly loopDelayP99Ms: number
  readonly residentMiB: number
  readonly counters: Readonly<Record<string, number>>
}

const { databasePath, storedLeases } = JSON.parse(process.argv[2] ?? '') as BenchServerSettings
const write = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
const ip = parseIpv4Address
const silence = () => {}
const silentLogger: Logger = {
  debug: silence,
  info: silence,
  warn: silence,
  error: silence,
  child: () => silentLogger,
}
const network = { address: ip('10.77.0.0'), prefixLength: 16 }
const poolFirst = ip('10.77.16.0')

const store = await openStore(databasePath, { logger: silentLogger })
const writes = Array.from({ length: storedLeases }, (_unused, index) =>
  store.leases.writeLease({
    address: ipv4FromNumber(ipv4ToNumber(poolFirst) + index),
    macAddress: parseMacAddress((0x0200_0000_0000 + index).toString(16).padStart(12, '0')),
    expiresAtMs: Date.now() + 3_600_000,
    state: 'bound',
  }),
)
await Promise.all(writes)
const server = await startDhcpServer({
  interfaces: [{ interfaceName: 'prov0', address: ip('10.77.0.1'), prefixLength: 16 }],
  subnets: [
    {
      name: 'bench',
      network,
      relays: [],
      pools: [{ first: poolFirst, last: ip('10.77.255.250') }],
      excluded: [],
      leaseSeconds: 3600,
      reservedLeaseSeconds: 3600,
      options: networkOptions({
        network,
        router: ip('10.77.0.1'),
        dnsServers: [ip('10.77.0.1')],
        domainName: 'rack.test',
      }),
      profiles: [],
      reservations: [],
    },
  ],
  leaseStore: store.leases,
  isKnownMachine: () => true,
  bootFiles: { bootFileFor: () => ({ kind: 'none', because: 'a bench' }) },
  events: store.events,
  clock: realClock,
  logger: silentLogger,
})
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
write({ ready: server.endpoint })
process.once('SIGTERM', () => {
  void server[Symbol.asyncDispose]()
    .then(() => store[Symbol.asyncDispose]())
    .then(() => process.exit(0))
})
createInterface({ input: process.stdin }).on('line', () => {
  write({
    loopDelayP99Ms: delay.percentile(99) / 1e6,
    residentMiB: process.memoryUsage.rss() / 1_048_576,
    counters: server.counters(),
  })
  delay.reset()
})
