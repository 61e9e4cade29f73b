import { type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

import type { NetworkNamespace } from '../../fakes/network-namespace.ts'
import type { BenchServerHealth, BenchServerSettings } from './dhcp-server-process.ts'

/** A DHCP server on `prov0`, 10.77.0.1/16, that lends 10.77.16.0 to 10.77.255.250. */
export interface DhcpBenchServer extends AsyncDisposable {
  health?(): Promise<BenchServerHealth>
}

export interface ServerPlace {
  readonly serverSide: NetworkNamespace
  readonly folder: string
}

/** Ours over its real store. */
export async function startOurs(
  { serverSide, folder }: ServerPlace,
  settings: Partial<BenchServerSettings> = {},
): Promise<DhcpBenchServer> {
  const fresh = join(folder, 'ours')
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh)
  const complete: BenchServerSettings = {
    databasePath: join(fresh, 'repave.db'),
    storedLeases: 0,
    ...settings,
  }
  const program = join(import.meta.dirname, 'dhcp-server-process.ts')
  const child = serverSide.start(process.execPath, [program, JSON.stringify(complete)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (child.stdout === null) throw new Error('the server has no standard output')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  await lines.next()
  return {
    health: async () => {
      child.stdin?.write('\n')
      const { value } = await lines.next()
      return JSON.parse(String(value)) as BenchServerHealth
    },
    [Symbol.asyncDispose]: () => ended(child),
  }
}

/** Kea as its manual sets it up for speed: raw sockets, leases in its file, two threads. */
export async function startKea({ serverSide, folder }: ServerPlace): Promise<DhcpBenchServer> {
  const fresh = join(folder, 'kea')
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh)
  const option = (name: string, data: string) => ({ name, data })
  const configuration = {
    Dhcp4: {
      'interfaces-config': { interfaces: ['prov0'], 'dhcp-socket-type': 'raw' },
      'lease-database': { type: 'memfile', persist: true, name: join(fresh, 'leases.csv') },
      'multi-threading': { 'enable-multi-threading': true, 'thread-pool-size': 2 },
      'valid-lifetime': 3600,
      'option-data': [
        option('routers', '10.77.0.1'),
        option('domain-name-servers', '10.77.0.1'),
        option('domain-name', 'rack.test'),
      ],
      subnet4: [
        {
          subnet: '10.77.0.0/16',
          interface: 'prov0',
          pools: [{ pool: '10.77.16.0 - 10.77.255.250' }],
        },
      ],
      loggers: [{ name: 'kea-dhcp4', severity: 'ERROR', output_options: [{ output: 'stderr' }] }],
    },
  }
  const file = join(fresh, 'kea.json')
  await writeFile(file, JSON.stringify(configuration))
  const folders = { KEA_PIDFILE_DIR: fresh, KEA_LOCKFILE_DIR: fresh }
  const child = serverSide.start('kea-dhcp4', ['-c', file], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...folders },
  })
  await sleep(2000)
  return { [Symbol.asyncDispose]: () => ended(child) }
}

export async function startDnsmasq({ serverSide, folder }: ServerPlace): Promise<DhcpBenchServer> {
  const leases = join(folder, 'dnsmasq.leases')
  await rm(leases, { force: true })
  const child = serverSide.start(
    'dnsmasq',
    [
      ...[
        '--keep-in-foreground',
        '--conf-file=/dev/null',
        '--pid-file=',
        '--user=root',
        '--port=0',
      ],
      ...[
        '--interface=prov0',
        `--dhcp-leasefile=${leases}`,
        '--dhcp-lease-max=100000',
        '--quiet-dhcp',
      ],
      ...['--dhcp-range=10.77.16.0,10.77.255.250', '--no-ping', '--dhcp-authoritative'],
    ],
    { stdio: 'ignore' },
  )
  await sleep(1000)
  return { [Symbol.asyncDispose]: () => ended(child) }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}
