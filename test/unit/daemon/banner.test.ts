import { describe, expect, it } from 'vitest'

import { parseIpv4Address } from '../../../src/base/ipv4-address.ts'
import { bannerText, type ReadyFacts } from '../../../src/daemon/banner.ts'

const address = parseIpv4Address('10.77.0.1')
const facts: ReadyFacts = {
  version: '0.1.0',
  startMs: 412,
  provisioningUrl: 'http://10.77.0.1:8090',
  dhcpEndpoint: '10.77.0.1:67/udp on eno2',
  operatorEndpoints: ['/var/lib/repave/api.sock'],
  machines: 3,
  images: ['debian-12'],
  contentFiles: 4,
  config: {
    interfaceName: 'eno2',
    address,
    network: { address: parseIpv4Address('10.77.0.0'), prefixLength: 24 },
    dataDir: '/var/lib/repave',
    contentDirs: [],
    ipxeDir: '/usr/lib/ipxe',
    dhcp: {
      mode: 'auto',
      poolFirst: parseIpv4Address('10.77.0.128'),
      poolLast: parseIpv4Address('10.77.0.254'),
      leaseSeconds: 3600,
      dnsServers: [],
      reservations: [],
    },
    ports: { dhcp: 67, tftp: 69, http: 8090, operator: 'off' },
    events: { keepDays: 365, keepLogDays: 30 },
    machines: { tls: true },
    operators: { address: parseIpv4Address('127.0.0.1'), tls: false, names: [], origins: [] },
    images: {
      ...{ trustedKeys: [], allowUnsigned: false },
      ...{ fetchFrom: [], largestImageBytes: 1, requireChecksum: false },
    },
    writes: { daemon: 100, rack: 100, image: 100 },
    newMachines: 'accept',
    hooks: {},
    logLevel: 'info',
    logFormat: 'auto',
  },
}

describe(bannerText, () => {
  it('claims nothing that is switched off or not there', () => {
    const { dhcpEndpoint: _off, ...others } = facts
    const text = bannerText({ ...others, images: [] })
    expect(text).toMatch(/> DHCP +off$/m)
    expect(text).toMatch(/> images +none yet/m)
  })

  it('fits one screen and names what listens', () => {
    const text = bannerText(facts)
    expect(text).toContain('repave 0.1.0   ready in 412 ms')
    expect(text).toContain('http://10.77.0.1:8090   TFTP 10.77.0.1:69')
    expect(text).toContain('10.77.0.1:67/udp on eno2')
    expect(text.split('\n').every((line) => line.length <= 80)).toBe(true)
  })
})
