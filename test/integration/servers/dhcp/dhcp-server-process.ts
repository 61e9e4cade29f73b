// The DHCP server alone, with leases in a file; its events and, when asked, its counters are lines.
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

import { parseIpv4Address } from '../../../../src/base/ipv4-address.ts'
import type { Logger } from '../../../../src/base/logger.ts'
import { parseMacAddress } from '../../../../src/base/mac-address.ts'
import { resolveBootFile } from '../../../../src/daemon/domain/bootenv/resolve-boot-file.ts'
import type { Lease } from '../../../../src/daemon/domain/lease/lease-store.ts'
import type { Subnet } from '../../../../src/daemon/domain/lease/subnet.ts'
import type { DhcpMode } from '../../../../src/daemon/servers/dhcp/dhcp-role.ts'
import { startDhcpServer } from '../../../../src/daemon/servers/dhcp/dhcp-server.ts'
import { DocumentInvalidError } from '../../../../src/daemon/store/content/document-fault.ts'
import { loadSubnets } from '../../../../src/daemon/store/content/subnets/load-subnets.ts'
import { networkOptions } from '../../../../src/protocol/dhcpv4/network-options.ts'
import { MemoryLeaseStore } from '../../../fakes/memory-lease-store.ts'
import { realClock } from '../../../fakes/real-clock.ts'

export interface DhcpServerSettings {
  readonly interfaceName: string
  /** Beside the first, which is 10.77.0.1/24. */
  readonly furtherInterfaces?: readonly {
    readonly interfaceName: string
    readonly address: string
  }[]
  readonly leaseFile: string
  readonly mode?: DhcpMode
  /** A folder with `subnets/NAME/subnet.yaml`; instead of the rack's own. */
  readonly content?: string
  readonly knownMachines?: readonly string[]
  readonly poolLast?: string
  readonly leaseSeconds?: number
  readonly reservations?: readonly { readonly macAddress: string; readonly address: string }[]
  /** The store refuses every lease. */
  readonly isDiskFull?: boolean
  /** The process ends in the middle of its first write, after the write and before the ACK. */
  readonly diesAfterWrite?: boolean
}

const settings = JSON.parse(process.argv[2] ?? '') as DhcpServerSettings
const write = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
const ip = parseIpv4Address
const log = (facts: object, message: string) => write({ log: message, facts })
const logger: Logger = { debug: log, info: () => {}, warn: log, error: log, child: () => logger }

class FileLeaseStore extends MemoryLeaseStore {
  override async writeLease(lease: Lease): Promise<void> {
    if (settings.isDiskFull === true) throw new Error('no space left on device')
    await super.writeLease(lease)
    writeFileSync(settings.leaseFile, JSON.stringify([...this.leases.values()]))
    if (settings.diesAfterWrite === true) process.kill(process.pid, 'SIGKILL')
  }
}

async function servedSubnets(): Promise<readonly Subnet[]> {
  if (settings.content === undefined) return [rackSubnet()]
  const { subnets, faults } = await loadSubnets([settings.content])
  if (faults.length > 0) throw new DocumentInvalidError(faults)
  return subnets
}

function rackSubnet(): Subnet {
  const network = { address: ip('10.77.0.0'), prefixLength: 24 }
  const leaseSeconds = settings.leaseSeconds ?? 3600
  return {
    name: 'rack',
    network,
    relays: [],
    pools: [{ first: ip('10.77.0.100'), last: ip(settings.poolLast ?? '10.77.0.200') }],
    excluded: [],
    leaseSeconds,
    reservedLeaseSeconds: leaseSeconds,
    options: networkOptions({
      network,
      router: ip('10.77.0.254'),
      dnsServers: [ip('10.77.0.253')],
      domainName: 'rack.test',
    }),
    profiles: [],
    reservations: (settings.reservations ?? []).map(({ macAddress, address }) => ({
      key: { kind: 'mac-address', value: parseMacAddress(macAddress) },
      address: ip(address),
      options: new Map(),
    })),
  }
}

const readLeases = (): Lease[] => {
  try {
    return JSON.parse(readFileSync(settings.leaseFile, 'utf8')) as Lease[]
  } catch {
    return []
  }
}

try {
  const server = await startDhcpServer({
    ...(settings.mode === undefined ? {} : { mode: settings.mode }),
    interfaces: [
      { interfaceName: settings.interfaceName, address: ip('10.77.0.1'), prefixLength: 24 },
      ...(settings.furtherInterfaces ?? []).map(({ interfaceName, address }) => ({
        interfaceName,
        address: ip(address),
        prefixLength: 24,
      })),
    ],
    subnets: await servedSubnets(),
    leaseStore: new FileLeaseStore(readLeases()),
    isKnownMachine: (macAddress) => settings.knownMachines?.includes(macAddress) ?? false,
    bootFiles: {
      bootFileFor: (client) =>
        resolveBootFile(client, {
          provisioningUrl: 'http://10.77.0.1:8090',
          serverAddress: ip('10.77.0.1'),
        }),
    },
    events: { record: (event) => write({ event }) },
    clock: realClock,
    logger,
  })
  write({ ready: server.endpoint })
  process.once('SIGTERM', () => {
    void server[Symbol.asyncDispose]().then(() => process.exit(0))
  })
  createInterface({ input: process.stdin }).on('line', () => write({ counters: server.counters() }))
} catch (error) {
  const { code, message, remedy } = error as { code: string; message: string; remedy: string }
  write({ failed: { code, message, remedy } })
  process.exitCode = 1
}
