import { once } from 'node:events'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { asciiBytes, latin1Text } from '../../../../src/base/ascii.ts'
import { toHex } from '../../../../src/base/hex.ts'
import { ipv4ToBytes, parseIpv4Address } from '../../../../src/base/ipv4-address.ts'
import { type MacAddress, parseMacAddress } from '../../../../src/base/mac-address.ts'
import { startDhcpServer } from '../../../../src/daemon/servers/dhcp/dhcp-server.ts'
import type { DhcpPacket } from '../../../../src/protocol/dhcpv4/dhcp-packet.ts'
import { dhcpRequest } from '../../../fakes/dhcp-request.ts'
import { needProgram } from '../../../fakes/need-program.ts'
import { readPacketVector } from '../../../vectors/dhcp/read-packet-vector.ts'
import { createDhcpRack, type DhcpRack, type DhcpWire } from './dhcp-rack.ts'

const ip = parseIpv4Address
const server = ip('10.77.0.1')
const addressOption = (code: number, address: string) => [code, ipv4ToBytes(ip(address))] as const
const machine = (number: number): MacAddress =>
  parseMacAddress(`5254000000${number.toString(16).padStart(2, '0')}`)

let rack: DhcpRack
let nextTransaction = 1
beforeAll(async () => {
  rack = await createDhcpRack()
})
afterEach(() => rack.clear())
afterAll(() => rack[Symbol.asyncDispose]())

function discover(macAddress: MacAddress): DhcpPacket {
  return dhcpRequest({ macAddress, transactionId: nextTransaction++ })
}

/** A REQUEST after our OFFER. */
function select(
  macAddress: MacAddress,
  address: string,
  serverAddress: string = server,
): DhcpPacket {
  return dhcpRequest({
    macAddress,
    messageType: 'request',
    transactionId: nextTransaction++,
    options: [addressOption(50, address), addressOption(54, serverAddress)],
  })
}

async function lease(wire: DhcpWire, macAddress: MacAddress): Promise<string> {
  const { yourAddress } = (await wire.ask(discover(macAddress))).packet
  const ack = (await wire.ask(select(macAddress, yourAddress))).packet
  expect(ack).toMatchObject({ messageType: 'ack', yourAddress })
  return yourAddress
}

describe(startDhcpServer, () => {
  describe('refuses to start', () => {
    test('on an interface that does not exist', async () => {
      expect((await rack.startServer({ interfaceName: 'prov7' })).failed).toMatchObject({
        code: 'ERR_DHCP_INTERFACE_MISSING',
        remedy: expect.stringContaining('prov0') as string,
      })
    })

    test('on an interface without the server’s address', async () => {
      expect((await rack.startServer({ interfaceName: 'other0' })).failed).toMatchObject({
        code: 'ERR_DHCP_ADDRESS_MISSING',
        remedy: 'Add it: ip address add 10.77.0.1/24 dev other0',
      })
    })

    test('beside another DHCP server, and names it', async () => {
      await needProgram('dnsmasq', 'dnsmasq-base')
      const other = rack.serverSide.start('dnsmasq', [
        ...['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file=', '--user=root'],
        ...['--log-facility=-', '--leasefile-ro', '--port=0', '--interface=prov0'],
        '--dhcp-range=10.77.0.100,10.77.0.110',
      ])
      try {
        await once(other.stderr ?? other, 'data')
        expect((await rack.startServer()).failed).toMatchObject({
          code: 'ERR_DHCP_PORT_TAKEN',
          message: `port 67/udp is taken by dnsmasq (process ${other.pid})`,
        })
      } finally {
        const ended = once(other, 'exit')
        other.kill('SIGKILL')
        await ended
      }
    })
  })

  test('D01 D05 D14 D26 D33 answers no noise, no server’s message and nothing on other interfaces', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const elsewhere = await rack.openWire('eth1')
    elsewhere.send(discover(machine(9)))
    for (let length = 0; length < 400; length += 4)
      wire.sendBytes(new Uint8Array(length).fill(length))
    wire.send({ ...discover(machine(8)), operation: 'reply' })
    wire.send({ ...discover(machine(8)), relayAddress: ip('10.99.0.1') })
    wire.send({ ...discover(machine(8)), relayAddress: server })
    wire.send({ ...discover(machine(8)), relayAddress: ip('10.77.0.255') })
    await lease(wire, machine(1))
    await expect
      .poll(() => rack.counters())
      .toMatchObject({
        'dhcp.malformed': 100,
        'dhcp.foreign': 4,
        'dhcp.offer': 1,
        'dhcp.ack': 1,
      })
    expect(wire.unexpected()).toEqual([])
    expect(elsewhere.unexpected()).toEqual([])
  })

  test('C-D04 answers everybody where it may not send to a card, and says so once', async () => {
    await rack.startServer({}, ['setpriv', '--bounding-set', '-net_raw'])
    const wire = await rack.openWire()
    for (const number of [1, 2]) {
      const { toAddress, packet } = await wire.ask(discover(machine(number)))
      expect([packet.messageType, toAddress]).toEqual(['offer', '255.255.255.255'])
    }
    const isAboutIt = (line: { log?: string }) => line.log?.includes('CAP_NET_RAW') ?? false
    await rack.server.take(isAboutIt)
    await rack.counters()
    expect((rack.server.takeAll() as { log?: string }[]).filter(isAboutIt)).toEqual([])
  })

  test('C-P12 answers whatever stands in secs', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    for (const seconds of [1, 0x1337, 0xffff]) {
      const { packet } = await wire.ask({ ...discover(machine(seconds & 0xff)), seconds })
      expect([packet.messageType, packet.seconds]).toEqual(['offer', 0])
    }
    expect((await rack.event('offer')).body).toMatchObject({ waitedSeconds: 1 })
  })

  test('C-D08 a lease that cannot be stored is no ACK', async () => {
    await rack.startServer({ isDiskFull: true })
    const wire = await rack.openWire()
    const { yourAddress } = (await wire.ask(discover(machine(1)))).packet
    wire.send(select(machine(1), yourAddress))
    await wire.ask(discover(machine(2)))
    expect(wire.unexpected()).toEqual([])
    expect(await rack.counters()).toMatchObject({ 'dhcp.failed': 1 })
  })

  test('D27 killed between storing and ACK, the next run ACKs the same address', async () => {
    await rack.startServer({ diesAfterWrite: true })
    const wire = await rack.openWire()
    const { yourAddress } = (await wire.ask(discover(machine(1)))).packet
    const request = select(machine(1), yourAddress)
    wire.send(request)
    await rack.serverEnd()
    await rack.startServer()
    // Whoever comes first now must not get the address.
    expect(await lease(wire, machine(2))).not.toBe(yourAddress)
    expect((await wire.ask(request)).packet).toMatchObject({ messageType: 'ack', yourAddress })
  })

  test('D27 killed between OFFER and REQUEST, the next run ACKs the offered address', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const { yourAddress } = (await wire.ask(discover(machine(1)))).packet
    await rack.killServer()
    await rack.startServer()
    const { packet } = await wire.ask(select(machine(1), yourAddress))
    expect(packet).toMatchObject({ messageType: 'ack', yourAddress })
  })

  test('D16 fifty clients with one transaction id each get their own address', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const clients = Array.from({ length: 50 }, (_unused, index) => machine(index + 1))
    for (const macAddress of clients) wire.send(dhcpRequest({ macAddress, transactionId: 7 }))
    const offers = new Map<string, string>()
    for (const _client of clients) {
      const { packet } = await wire.reply(7)
      offers.set(packet.hardwareAddress.join(), packet.yourAddress)
    }
    expect(offers.size).toBe(50)
    expect(new Set(offers.values()).size).toBe(50)
  })

  test('D17 a client that asks a thousand times is answered ten times a second at most', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const request = discover(machine(1))
    const started = performance.now()
    for (let round = 0; round < 1000; round++) wire.send(request)
    await wire.ask(discover(machine(2)))
    const elapsedSeconds = (performance.now() - started) / 1000
    const { packet } = await wire.reply(request.transactionId)
    const others = wire.unexpected()
    expect(others.length).toBeLessThanOrEqual(5 + 5 * elapsedSeconds)
    expect(others.every((reply) => reply.packet.yourAddress === packet.yourAddress)).toBe(true)
    expect((await rack.counters())['dhcp.rate-limited']).toBeGreaterThan(0)
  })

  test.each([
    [
      'bios-ipxe-discover',
      'http://10.77.0.1:8090/boot/start.ipxe?mac=52:54:00:aa:bb:01&platform=bios',
    ],
    [
      'uefi-ipxe-discover',
      'http://10.77.0.1:8090/boot/start.ipxe?mac=52:54:00:aa:bb:01&platform=uefi-x86_64',
    ],
    ['edk2-native-discover', 'ipxe/snponly.efi'],
  ])('C-P13 gives the captured %s its boot file', async (name, bootFileName) => {
    expect(await rack.startServer()).toEqual({ ready: '10.77.0.1:67/udp on prov0' })
    const wire = await rack.openWire()
    wire.sendBytes(readPacketVector(name))
    const { packet, fromAddress, fromPort } = await wire.reply(0xa1b2_c3d4)
    expect(packet).toMatchObject({
      messageType: 'offer',
      yourAddress: '10.77.0.100',
      nextServerAddress: '10.77.0.1',
    })
    expect(latin1Text(packet.bootFile)).toBe(bootFileName)
    expect(latin1Text(packet.options.get(67) ?? new Uint8Array(0))).toBe(`${bootFileName}\0`)
    expect([fromAddress, fromPort]).toEqual(['10.77.0.1', 67])
    expect(await rack.event('offer')).toMatchObject({
      type: 'dhcp',
      key: '52:54:00:aa:bb:01',
      body: { bootFileName, because: expect.any(String) as string },
    })
  })

  test('C-D07 answers a repeated REQUEST with the same bytes', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const request = select(machine(1), await lease(wire, machine(1)))
    const first = await wire.ask(request)
    expect((await wire.ask(request)).bytes).toEqual(first.bytes)
  })

  test('C-D06 leaves a client that chose another server alone', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const { yourAddress } = (await wire.ask(discover(machine(1)))).packet
    wire.send(select(machine(1), yourAddress, '10.77.0.2'))
    await wire.ask(discover(machine(2)))
    expect(wire.unexpected()).toEqual([])
    expect(await rack.counters()).toMatchObject({ 'dhcp.other-server': 1, 'dhcp.pool.offered': 1 })
  })

  test.each([
    [
      'INIT-REBOOT with an address of another network',
      { options: [addressOption(50, '10.1.2.3')] },
    ],
    [
      'INIT-REBOOT with an address we know nothing of',
      { options: [addressOption(50, '10.77.0.120')] },
    ],
    ['REBINDING with an address we know nothing of', { clientAddress: ip('10.77.0.120') }],
    ['D15 RENEWING from an unknown network', { clientAddress: ip('10.1.2.3') }],
  ])('C-D06 C-D04 says NAK to everybody on %s', async (_title, changes) => {
    await rack.startServer()
    const wire = await rack.openWire()
    const { packet } = await wire.ask(
      dhcpRequest({ messageType: 'request', transactionId: nextTransaction++, ...changes }),
    )
    expect(packet).toMatchObject({
      messageType: 'nak',
      clientAddress: '0.0.0.0',
      yourAddress: '0.0.0.0',
      nextServerAddress: '0.0.0.0',
    })
    expect(packet.options.get(54)).toEqual(ipv4ToBytes(server))
    expect(packet.options.has(51)).toBe(false)
    expect((await rack.event('nak')).body).toHaveProperty('because')
  })

  test('C-D06 knows a client again that reboots with its address, and one that renews', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const address = await lease(wire, machine(1))
    const reboot = dhcpRequest({
      macAddress: machine(1),
      messageType: 'request',
      transactionId: nextTransaction++,
      options: [addressOption(50, address)],
    })
    expect((await wire.ask(reboot)).packet).toMatchObject({
      messageType: 'ack',
      yourAddress: address,
    })
    await rack.clientSide.ip('address', 'add', `${address}/24`, 'dev', 'eth0')
    const renewal = dhcpRequest({
      macAddress: machine(1),
      messageType: 'request',
      transactionId: nextTransaction++,
      clientAddress: ip(address),
    })
    // To the server alone, and from it to the client alone.
    expect((await wire.ask(renewal, server)).packet).toMatchObject({
      messageType: 'ack',
      clientAddress: address,
      yourAddress: address,
    })
  })

  test('C-D17 answers INFORM with settings and without a lease', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    await rack.clientSide.ip('address', 'add', '10.77.0.20/24', 'dev', 'eth0')
    const inform = dhcpRequest({
      messageType: 'inform',
      transactionId: nextTransaction++,
      clientAddress: ip('10.77.0.20'),
      options: [[60, asciiBytes('PXEClient:Arch:00000')]],
    })
    const { packet } = await wire.ask(inform)
    expect(packet).toMatchObject({ messageType: 'ack', yourAddress: '0.0.0.0' })
    expect(packet.options.has(51)).toBe(false)
    expect(packet.options.get(1)).toEqual(Uint8Array.of(255, 255, 255, 0))
    expect(latin1Text(packet.bootFile)).toBe('ipxe/undionly.kpxe')
  })

  test('C-D16 lends a declined address to nobody and tells', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const address = await lease(wire, machine(1))
    wire.send({ ...select(machine(1), address), messageType: 'decline' })
    expect((await rack.event('decline')).body).toMatchObject({ address })
    expect((await wire.ask(discover(machine(1)))).packet.yourAddress).not.toBe(address)
  })

  test('D20 a forged RELEASE changes nothing and is told', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const address = await lease(wire, machine(1))
    const release = { messageType: 'release', clientAddress: ip(address) } as const
    wire.send(dhcpRequest({ ...release, macAddress: machine(2) }))
    expect((await rack.event('forged')).key).toBe(machine(2))
    expect(await rack.counters()).toMatchObject({ 'dhcp.pool.bound': 1 })
    wire.send(dhcpRequest({ ...release, macAddress: machine(1) }))
    await wire.ask(discover(machine(3)))
    expect(await rack.counters()).toMatchObject({ 'dhcp.pool.bound': 0, 'dhcp.released': 1 })
  })

  test('D21 tells that the pool is full', async () => {
    await rack.startServer({ poolLast: '10.77.0.101' })
    const wire = await rack.openWire()
    await lease(wire, machine(1))
    await lease(wire, machine(2))
    wire.send(discover(machine(3)))
    expect((await rack.event('pool-full')).body).toMatchObject({
      because: 'no address is left of 10.77.0.100 to 10.77.0.101',
    })
    expect(await lease(wire, machine(2))).toBe('10.77.0.101')
  })

  test('gives a reserved address to its machine', async () => {
    const reservations = [{ macAddress: machine(5), address: '10.77.0.50' }]
    await rack.startServer({ reservations })
    expect(await lease(await rack.openWire(), machine(5))).toBe('10.77.0.50')
  })

  test('C-D05 D13 answers through a relay, its information last and unchanged', async () => {
    await rack.startServer()
    await rack.clientSide.ip('address', 'add', '10.77.0.2/24', 'dev', 'eth0')
    const relay = await rack.openWire('eth0', 67)
    const information = new Uint8Array(255).fill(9)
    const request = { ...discover(machine(1)), relayAddress: ip('10.77.0.2') }
    const relayed = { ...request, options: new Map([[82, information]]) }
    const { packet, bytes } = await relay.ask(relayed, server)
    expect(packet).toMatchObject({ messageType: 'offer', relayAddress: '10.77.0.2' })
    // Behind the header: nothing but END follows in the option area, whatever `file` is overloaded with.
    expect(toHex(bytes.subarray(240))).toMatch(/52ff(?:09){255}ff0*$/)
    expect(packet.options.get(82)).toEqual(information)
    expect(bytes.length).toBeLessThanOrEqual(548)
  })

  test('D06 a hostile host name costs nobody a lease and reaches no event as it is', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const hostName = Uint8Array.from([
      ...asciiBytes('\u001b]52;c;eA==\u0007$(id){{env}}\r\n'),
      0xff,
    ])
    const request = { ...discover(machine(1)), options: new Map([[12, hostName]]) }
    expect((await wire.ask(request)).packet.messageType).toBe('offer')
    expect((await rack.event('offer')).body['hostName']).toBe('?]52;c;eA==?$(id){{env}}???')
  })

  test('D09 C-P07 a machine identifier that says nothing is carried back all the same', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const identifier = new Uint8Array(17)
    const options = new Map([[97, identifier]])
    const { packet } = await wire.ask({ ...discover(machine(1)), options })
    expect(packet.options.get(97)).toEqual(identifier)
  })
})
