import { describe, expect, test } from 'vitest'

import type { Status } from '../../../src/contract/status-documents.ts'
import { subnetListSchema } from '../../../src/contract/network-documents.ts'
import { networkFindings } from '../../../src/presentation/network-findings.ts'

const status = (counters: Record<string, number> = {}): Status => ({
  version: '0.1.0',
  startedAtMs: 0,
  interface: 'eno2',
  provisioningUrl: 'http://10.77.0.1:8090',
  servers: ['dhcp', 'tftp', 'http'].map((name) => ({
    name,
    endpoint: `${name} somewhere`,
    counters,
  })),
  machines: 0,
  images: 1,
})
const networks = (available = 90, role = 'server', foreign: readonly string[] = []) =>
  subnetListSchema.parse({
    items: [
      {
        name: 'rack-1',
        network: '10.77.0.0/24',
        relays: [],
        pools: ['10.77.0.100-10.77.0.199'],
        leaseSeconds: 3600,
        reservedLeaseSeconds: 3600,
        reservations: 0,
        profiles: [],
        usage: { bound: 100 - available, offered: 0, declined: 0, available },
      },
    ],
    interfaces: [{ interface: 'eno2', role }],
    foreignServers: foreign.map((address) => ({ interface: 'eno2', address, lastHeardAtMs: 1 })),
  })
const faults = (...args: Parameters<typeof networkFindings>) =>
  networkFindings(...args).filter(({ level }) => level === 'fault')

describe(networkFindings, () => {
  test('D23 a second server is a fault with a way out', () => {
    expect(faults(status(), networks(90, 'server', ['10.77.0.2']))).toEqual([
      {
        level: 'fault',
        found: 'eno2: another DHCP server gives addresses as well: 10.77.0.2',
        remedy: 'stop it, or stand beside it: repave serve --dhcp proxy',
      },
    ])
  })

  test('a proxy that hears nobody give addresses is a fault', () => {
    expect(faults(status(), networks(90, 'proxy'))).toHaveLength(1)
    expect(faults(status(), networks(90, 'proxy', ['10.77.0.2']))).toEqual([])
  })

  test('D21 a full pool is a fault, one that is nearly full a notice', () => {
    expect(faults(status(), networks(0))).toHaveLength(1)
    const nearly = networkFindings(status(), networks(15))
    expect(nearly.filter(({ level }) => level === 'notice')).toMatchObject([
      { found: 'rack-1: only 15 of 100 addresses are left' },
    ])
  })

  test('says what counters mean', () => {
    const found = networkFindings(status({ 'dhcp.failed': 3 }), networks())
    expect(found).toContainEqual(
      expect.objectContaining({
        level: 'fault',
        found: 'leases could not be stored, so machines got no answer (3)',
      }),
    )
  })

  test('finds nothing wrong where nothing is', () => {
    const found = networkFindings(status(), networks())
    expect(found.every(({ level }) => level === 'well')).toBe(true)
  })
})
