import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { startDhcpServer } from '../../../../src/daemon/servers/dhcp/dhcp-server.ts'
import { ensureDebianPackages } from '../../../../src/debian/ensure-debian-packages.ts'
import {
  connectNamespaces,
  createNetworkNamespace,
  type NetworkNamespace,
} from '../../../fakes/network-namespace.ts'
import { clientMacAddress, DhcpRack } from './dhcp-rack.ts'

/*
 *   server namespace          relay namespace                        client namespace
 *   prov0 10.77.0.1/24 ────── up0 10.77.0.2/24, down0 10.78.0.1/24 ────── eth0
 */
let rack: DhcpRack
let relaySide: NetworkNamespace
let content: string

beforeAll(async () => {
  await ensureDebianPackages(['isc-dhcp-relay', 'isc-dhcp-client'], { log: () => {} })
  const serverSide = await createNetworkNamespace()
  const clientSide = await createNetworkNamespace()
  relaySide = await createNetworkNamespace()
  await connectNamespaces(
    { namespace: serverSide, interfaceName: 'prov0' },
    { namespace: relaySide, interfaceName: 'up0' },
  )
  await connectNamespaces(
    { namespace: relaySide, interfaceName: 'down0' },
    { namespace: clientSide, interfaceName: 'eth0', macAddress: clientMacAddress },
  )
  await serverSide.ip('address', 'add', '10.77.0.1/24', 'dev', 'prov0')
  await relaySide.ip('address', 'add', '10.77.0.2/24', 'dev', 'up0')
  await relaySide.ip('address', 'add', '10.78.0.1/24', 'dev', 'down0')
  await serverSide.ip('route', 'add', '10.78.0.0/24', 'via', '10.77.0.2')
  rack = new DhcpRack(serverSide, clientSide)
  content = await mkdtemp(join(tmpdir(), 'repave-relay-'))
  await writeSubnet('rack-a', 'network: 10.77.0.0/24', 'pools: [10.77.0.100-10.77.0.200]')
  await writeSubnet(
    'rack-b',
    'network: 10.78.0.0/24',
    'router: 10.78.0.1',
    'pools: [10.78.0.100-10.78.0.200]',
    'options: { domain-name: "{{ subnet }}.test", host-name: "node-{{ macDigits }}" }',
    'reservations:',
    '  - port: { circuitId: down0 }',
    '    address: 10.78.0.50',
  )
})
afterAll(async () => {
  await rack[Symbol.asyncDispose]()
  await relaySide[Symbol.asyncDispose]()
  await rm(content, { recursive: true })
})

async function writeSubnet(name: string, ...lines: string[]): Promise<void> {
  await mkdir(join(content, 'subnets', name), { recursive: true })
  await writeFile(
    join(content, 'subnets', name, 'subnet.yaml'),
    [`name: ${name}`, ...lines, ''].join('\n'),
  )
}

describe(startDhcpServer, () => {
  test('C-D05 leases by way of isc-dhcp-relay in another subnet, and knows the switch port', async () => {
    await rack.startServer({ content })
    const relay = relaySide.start(
      'dhcrelay',
      ['-4', '-d', '-a', '-id', 'down0', '-iu', 'up0', '10.77.0.1'],
      { stdio: 'ignore' },
    )
    try {
      const hook = join(content, 'hook')
      const output = join(content, 'environment')
      await writeFile(hook, `#!/bin/sh\nenv >>${output}\n`, { mode: 0o755 })
      const files = [
        '-lf',
        join(content, 'leases'),
        '-pf',
        join(content, 'pid'),
        '-cf',
        '/dev/null',
      ]
      const arguments_ = ['-1', '-sf', hook, ...files, 'eth0']
      await rack.clientSide.run('dhclient', arguments_)
      const variables = await readFile(output, 'utf8')
      expect(variables).toContain('new_ip_address=10.78.0.50\n')
      expect(variables).toContain('new_routers=10.78.0.1\n')
      expect(variables).toContain('new_domain_name=rack-b.test\n')
      expect(variables).toContain('new_host_name=node-525400aabb01\n')
      expect(await rack.event('ack')).toMatchObject({
        body: { address: '10.78.0.50', subnet: 'rack-b', port: 'down0' },
      })
      await rack.clientSide.run('dhclient', ['-x', '-pf', join(content, 'pid'), 'eth0'])
    } finally {
      relay.kill('SIGKILL')
    }
  })
})
