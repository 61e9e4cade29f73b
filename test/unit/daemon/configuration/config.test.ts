import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { parseIpv4Address } from '../../../../src/base/ipv4-address.ts'
import {
  type ConfigSources,
  explainConfig,
  readConfig,
} from '../../../../src/daemon/configuration/config.ts'
import {
  type HostInterface,
  InterfaceAddressError,
  InterfaceUnknownError,
} from '../../../../src/daemon/configuration/network-interfaces.ts'
import { ConfigInvalidError } from '../../../../src/daemon/configuration/resolve-settings.ts'
import { environmentName, settings } from '../../../../src/daemon/configuration/settings.ts'
import { DocumentInvalidError } from '../../../../src/daemon/store/content/document-fault.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'repave-config-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const lab0: HostInterface = {
  name: 'lab0',
  addresses: [
    {
      address: parseIpv4Address('10.77.0.1'),
      network: { address: parseIpv4Address('10.77.0.0'), prefixLength: 24 },
    },
  ],
}
const bare: HostInterface = { name: 'eno2', addresses: [] }

const sources = (overrides: Partial<ConfigSources> = {}): ConfigSources => ({
  flags: { interface: 'lab0' },
  environment: { HOME: '/home/ada' },
  workingDirectory: directory,
  userId: 1000,
  interfaces: [bare, lab0],
  ...overrides,
})
const put = (text: string) => writeFileSync(join(directory, 'repave.yaml'), text)
const thrownBy = (action: () => unknown): unknown => {
  try {
    action()
  } catch (thrown) {
    return thrown
  }
  throw new Error('expected a throw')
}

describe(readConfig, () => {
  it('lists the interfaces there are when none or an unknown one is named', () => {
    const unset = thrownBy(() => readConfig(sources({ flags: {} })))
    expect(unset).toBeInstanceOf(InterfaceUnknownError)
    expect((unset as InterfaceUnknownError).remedy).toContain('eno2, lab0')
    const wrong = thrownBy(() => readConfig(sources({ flags: { interface: 'eth9' } })))
    expect((wrong as Error).message).toBe('this machine has no interface eth9')
  })

  it('refuses an interface without an address, and an address that it does not have', () => {
    const without = thrownBy(() => readConfig(sources({ flags: { interface: 'eno2' } })))
    expect(without).toBeInstanceOf(InterfaceAddressError)
    expect((without as Error).message).toBe('interface eno2 has no IPv4 address')
    const flags = { interface: 'lab0', address: '10.0.0.9' }
    expect((thrownBy(() => readConfig(sources({ flags }))) as Error).message).toContain(
      'does not have the address 10.0.0.9: it has only 10.77.0.1',
    )
  })

  it('points at every fault of the file with line, column and the nearest key', () => {
    put('interface: lab0\ndhcp:\n  leaseSecs: 60\n  poolFirst: 10.77.0.300\nports: { http: 0 }\n')
    const thrown = thrownBy(() => readConfig(sources())) as DocumentInvalidError
    expect(thrown).toBeInstanceOf(DocumentInvalidError)
    const places = thrown.faults.map(({ line, column, message }) => `${line}:${column} ${message}`)
    expect(places.sort()).toEqual([
      '3:3 unknown key "leaseSecs", did you mean "leaseSeconds"?',
      '4:14 expected an IPv4 address',
      '5:16 Too small: expected number to be >=1',
    ])
  })

  it('reports every wrong flag and variable at once, naming each', () => {
    const thrown = thrownBy(() =>
      readConfig(
        sources({
          flags: { interface: 'lab0', 'http-port': 'eighty', dhcp: 'maybe' },
          environment: { REPAVE_LOG_LEVEL: 'loud', REPAVE_DHCP_DNS_SERVERS: '10.0.0.1,nine' },
        }),
      ),
    ) as ConfigInvalidError
    expect(thrown.faults).toEqual([
      'flag --dhcp: expected one of auto, server, proxy, off, found text "maybe"',
      'environment REPAVE_DHCP_DNS_SERVERS: expected an IPv4 address',
      'flag --http-port: expected a number, found text "eighty"',
      'environment REPAVE_LOG_LEVEL: expected one of debug, info, warn, error, found text "loud"',
    ])
  })

  it('refuses pools and reservations outside the network, and a pool that runs backwards', () => {
    put('dhcp: { reservations: [{ macAddress: "52:54:00:aa:bb:01", address: 10.9.9.9 }] }')
    const flags = { interface: 'lab0', 'pool-first': '10.77.0.90', 'pool-last': '10.77.0.20' }
    const thrown = thrownBy(() => readConfig(sources({ flags }))) as ConfigInvalidError
    expect(thrown.faults).toEqual([
      'dhcp.reservations: 10.9.9.9 is not in 10.77.0.0/24',
      'dhcp.poolFirst: 10.77.0.90 lies behind dhcp.poolLast 10.77.0.20',
    ])
  })

  it('refuses a named file that does not exist, and does without the unnamed one', () => {
    const flags = { interface: 'lab0', config: 'elsewhere.yaml' }
    expect(thrownBy(() => readConfig(sources({ flags })))).toBeInstanceOf(ConfigInvalidError)
    expect(readConfig(sources()).interfaceName).toBe('lab0')
  })

  it('takes a file that holds nothing but comments', () => {
    put('# nothing yet\n')
    expect(readConfig(sources()).interfaceName).toBe('lab0')
  })

  it('fills in what follows from the interface, and is frozen through and through', () => {
    const config = readConfig(sources())
    expect(config).toMatchObject({
      address: '10.77.0.1',
      network: { address: '10.77.0.0', prefixLength: 24 },
      dataDir: '/home/ada/.local/share/repave',
      dhcp: {
        mode: 'auto',
        poolFirst: '10.77.0.128',
        poolLast: '10.77.0.254',
        leaseSeconds: 3600,
      },
      ports: { dhcp: 67, tftp: 69, http: 8090, operator: 'off' },
      logLevel: 'info',
    })
    expect(Object.isFrozen(config.dhcp.reservations)).toBe(true)
  })

  it('never lends its own address when that is at an end of the upper half', () => {
    const withOwn = (address: string) => {
      const [own] = lab0.addresses
      const addresses = [{ ...own!, address: parseIpv4Address(address) }]
      return readConfig(sources({ interfaces: [{ name: 'lab0', addresses }] })).dhcp
    }
    expect(withOwn('10.77.0.254').poolLast).toBe('10.77.0.253')
    expect(withOwn('10.77.0.128').poolFirst).toBe('10.77.0.129')
  })

  it('keeps its data below /var/lib as root, and where XDG says otherwise', () => {
    expect(readConfig(sources({ userId: 0 })).dataDir).toBe('/var/lib/repave')
    const environment = { HOME: '/home/ada', XDG_DATA_HOME: '/data' }
    expect(readConfig(sources({ environment })).dataDir).toBe('/data/repave')
  })
})

describe(explainConfig, () => {
  it('prefers the flag to the environment to the file to the default, and says so', () => {
    put('logLevel: error\ndhcp: { leaseSeconds: 600 }\nports: { http: 80 }\n')
    const explained = explainConfig(
      sources({
        flags: { interface: 'lab0', 'log-level': 'debug' },
        environment: {
          REPAVE_LOG_LEVEL: 'warn',
          REPAVE_DHCP_LEASE_SECONDS: '900',
          REPAVE_ADDRESS: '',
        },
      }),
    )
    const file = join(directory, 'repave.yaml')
    expect(explained.get('logLevel')).toEqual({ value: 'debug', origin: 'flag --log-level' })
    expect(explained.get('dhcp.leaseSeconds')).toEqual({
      value: 900,
      origin: 'environment REPAVE_DHCP_LEASE_SECONDS',
    })
    expect(explained.get('ports.http')).toEqual({ value: 80, origin: file })
    expect(explained.get('ports.tftp')).toEqual({ value: 69, origin: 'default' })
    expect(explained.get('address')).toEqual({ value: '10.77.0.1', origin: 'default, from lab0' })
    expect(explained.has('dhcp.router')).toBe(false)
  })
})

describe(environmentName, () => {
  it('gives each setting a variable of its own', () => {
    expect(environmentName('dhcp.poolFirst')).toBe('REPAVE_DHCP_POOL_FIRST')
    expect(environmentName('dataDir')).toBe('REPAVE_DATA_DIR')
    const names = settings.map(({ key }) => environmentName(key))
    expect(new Set(names).size).toBe(settings.length)
  })
})
