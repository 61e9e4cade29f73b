import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { type MacAddress, parseMacAddress } from '../../../../src/base/mac-address.ts'
import { startDhcpServer } from '../../../../src/daemon/servers/dhcp/dhcp-server.ts'
import { dhcpRequest } from '../../../fakes/dhcp-request.ts'
import { connectNamespaces } from '../../../fakes/network-namespace.ts'
import { clientMacAddress, createDhcpRack, type DhcpRack, type DhcpWire } from './dhcp-rack.ts'

let rack: DhcpRack
beforeEach(async () => {
  rack = await createDhcpRack()
})
afterEach(() => rack[Symbol.asyncDispose]())

/** How soon a listener must be back, D30. */
const recoveryMs = 5000
let nextTransaction = 1

const machine = (number: number): MacAddress =>
  parseMacAddress(`5254000001${number.toString(16).padStart(2, '0')}`)
const discover = (macAddress: MacAddress) =>
  dhcpRequest({ macAddress, transactionId: nextTransaction++ })

/** Whether any of the machines, one after the other, is offered an address in time. */
async function isAnswered(
  wire: DhcpWire,
  firstMachine: number,
  withinMs: number,
): Promise<boolean> {
  const endsMs = performance.now() + withinMs
  for (let number = firstMachine; performance.now() < endsMs; number++) {
    wire.send(discover(machine(number)))
    await sleep(400)
    if (wire.unexpected().some(({ packet }) => packet.messageType === 'offer')) return true
  }
  return false
}

describe(startDhcpServer, () => {
  test('D22 an address that a host has without asking is passed over within two seconds', async () => {
    await rack.startServer()
    await rack.clientSide.ip('address', 'add', '10.77.0.100/24', 'dev', 'eth0')
    const wire = await rack.openWire()
    const startedMs = performance.now()
    const { yourAddress } = (await wire.ask(discover(machine(1)))).packet
    expect(performance.now() - startedMs).toBeLessThan(2000)
    expect(yourAddress).toBe('10.77.0.101')
    expect(await rack.event('conflict')).toMatchObject({
      key: clientMacAddress,
      body: { address: '10.77.0.100', macAddress: clientMacAddress },
    })
    expect(await rack.counters()).toMatchObject({ 'dhcp.pool.declined': 1, 'dhcp.conflict': 1 })
  })

  test('D31 C-D21 among 20,000 packets a second, a machine that we know is answered within a second', async () => {
    const known = Array.from({ length: 10 }, (_unused, index) => machine(100 + index))
    await rack.startServer({ knownMachines: known })
    const wire = await rack.openWire()
    const residentBefore = await rack.residentBytes()
    await rack.startFlood(20_000)
    await sleep(500)
    const delaysMs: number[] = []
    for (const macAddress of known) {
      const startedMs = performance.now()
      const { packet } = await wire.ask(discover(macAddress))
      delaysMs.push(performance.now() - startedMs)
      expect(packet.messageType).toBe('offer')
    }
    expect(Math.max(...delaysMs)).toBeLessThan(1000)
    const counters = await rack.counters()
    expect(counters['dhcp.received']).toBeGreaterThan(1000)
    const grownBytes = (await rack.residentBytes()) - residentBefore
    expect(grownBytes).toBeLessThan(100 * 1024 * 1024)
  })

  describe('D30 listens again within five seconds', () => {
    test('after its interface was down', async () => {
      await rack.startServer()
      const wire = await rack.openWire()
      expect(await isAnswered(wire, 1, recoveryMs)).toBe(true)
      await rack.serverSide.ip('link', 'set', 'prov0', 'down')
      await sleep(1200)
      await rack.serverSide.ip('link', 'set', 'prov0', 'up')
      expect(await isAnswered(wire, 20, recoveryMs)).toBe(true)
    })

    test('after its address was taken away, without which it names itself to nobody', async () => {
      await rack.startServer()
      const wire = await rack.openWire()
      await rack.serverSide.ip('address', 'del', '10.77.0.1/24', 'dev', 'prov0')
      await rack.serverSide.ip('address', 'add', '10.77.0.9/24', 'dev', 'prov0')
      // It looks at its interface once a second.
      await sleep(1500)
      expect(await isAnswered(wire, 1, 1000)).toBe(false)
      expect((await rack.counters())['dhcp.no-address']).toBeGreaterThan(0)
      await rack.serverSide.ip('address', 'add', '10.77.0.1/24', 'dev', 'prov0')
      expect(await isAnswered(wire, 20, recoveryMs)).toBe(true)
    })

    test('on a card that was taken out and put in again', async () => {
      await rack.startServer()
      await rack.serverSide.ip('link', 'delete', 'prov0')
      await connectNamespaces(
        { namespace: rack.serverSide, interfaceName: 'prov0' },
        { namespace: rack.clientSide, interfaceName: 'eth0', macAddress: clientMacAddress },
      )
      await rack.serverSide.ip('address', 'add', '10.77.0.1/24', 'dev', 'prov0')
      expect(await isAnswered(await rack.openWire(), 1, recoveryMs)).toBe(true)
      expect((await rack.counters())['dhcp.reopened']).toBeGreaterThan(0)
    })
  })

  test('D26 C-D05 serves two interfaces, each with its own subnet, and never one by the other', async () => {
    const content = await mkdtemp(join(tmpdir(), 'repave-interfaces-'))
    try {
      for (const [name, network] of [
        ['front', '10.77.0'],
        ['back', '10.88.0'],
      ]) {
        const folder = join(content, 'subnets', name ?? '')
        await mkdir(folder, { recursive: true })
        const pools = `pools: [${network}.100-${network}.200]`
        const lines = [`name: ${name}`, `network: ${network}.0/24`, pools, '']
        await writeFile(join(folder, 'subnet.yaml'), lines.join('\n'))
      }
      const furtherInterfaces = [{ interfaceName: 'other0', address: '10.88.0.1' }]
      await rack.startServer({ content, furtherInterfaces })
      const front = await rack.openWire('eth0')
      const back = await rack.openWire('eth1')
      const requests = Array.from({ length: 20 }, (_unused, number) => discover(machine(number)))
      // The same machines on both, at once.
      for (const request of requests) {
        front.send(request)
        back.send(request)
      }
      for (const [wire, subnet] of [
        [front, '10.77.0.'],
        [back, '10.88.0.'],
      ] as const) {
        const addresses = new Set<string>()
        for (const request of requests) {
          const { packet, fromAddress } = await wire.reply(request.transactionId)
          expect(packet.hardwareAddress).toEqual(request.hardwareAddress)
          expect([fromAddress, packet.options.get(54)?.join('.')]).toEqual([
            `${subnet}1`,
            `${subnet}1`,
          ])
          expect(packet.yourAddress.startsWith(subnet)).toBe(true)
          addresses.add(packet.yourAddress)
        }
        expect(addresses.size).toBe(requests.length)
        expect(wire.unexpected()).toEqual([])
      }
    } finally {
      await rm(content, { recursive: true })
    }
  })
})
