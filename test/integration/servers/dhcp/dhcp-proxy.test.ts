import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { asciiBytes, latin1Text } from '../../../../src/base/ascii.ts'
import { ipv4ToBytes, parseIpv4Address } from '../../../../src/base/ipv4-address.ts'
import { parseMacAddress } from '../../../../src/base/mac-address.ts'
import { startDhcpServer } from '../../../../src/daemon/servers/dhcp/dhcp-server.ts'
import type { DhcpPacket } from '../../../../src/protocol/dhcpv4/dhcp-packet.ts'
import { dhcpRequest } from '../../../fakes/dhcp-request.ts'
import { needProgram } from '../../../fakes/need-program.ts'
import { clientMacAddress, type DhcpWire } from './dhcp-rack.ts'
import { createSharedRack, foreignMacAddress, type SharedRack } from './foreign-server.ts'

const ip = parseIpv4Address
const server = ip('10.77.0.1')
const bios = [
  [60, asciiBytes('PXEClient:Arch:00000:UNDI:002001')],
  [93, [0, 0]],
  [97, [0, ...Array.from({ length: 16 }, () => 7)]],
] as const
const uefi = [
  [60, asciiBytes('PXEClient:Arch:00007:UNDI:003016')],
  [93, [0, 7]],
] as const
const httpBoot = [
  [60, asciiBytes('HTTPClient:Arch:00016:UNDI:003001')],
  [93, [0, 16]],
] as const
const known = { mode: 'proxy', knownMachines: [clientMacAddress] } as const
const macAddress = parseMacAddress(clientMacAddress)

let rack: SharedRack
let nextTransaction = 0x5000
beforeAll(async () => {
  await needProgram('dnsmasq', 'dnsmasq-base')
  rack = await createSharedRack()
})
afterEach(() => rack.clear())
afterAll(() => rack[Symbol.asyncDispose]())

function discover(options: Parameters<typeof dhcpRequest>[0] = {}): DhcpPacket {
  return dhcpRequest({ macAddress, transactionId: nextTransaction++, ...options })
}

/** The offers of one DISCOVER, ours and the other server's, by server. */
async function offersTo(wire: DhcpWire, packet: DhcpPacket) {
  wire.send(packet)
  const replies = [await wire.reply(packet.transactionId), await wire.reply(packet.transactionId)]
  return new Map(replies.map((reply) => [reply.packet.options.get(54)?.join('.'), reply]))
}

describe(startDhcpServer, () => {
  test('D24 C-P02 finds another server, and adds boot files to its addresses', async () => {
    await rack.startForeign()
    const { ready } = await rack.startServer({ ...known, mode: 'auto' })
    expect(ready).toBe('10.77.0.1:67/udp on prov0 (proxy)')
    expect(await rack.event('foreign-server')).toMatchObject({
      key: '10.77.0.2',
      body: { interface: 'prov0', address: '10.77.0.2', macAddress: foreignMacAddress },
    })
    const wire = await rack.openWire()
    const offers = await offersTo(wire, discover({ options: bios, flags: 0x8000 }))
    expect(offers.get('10.77.0.2')?.packet.yourAddress).toMatch(/^10\.77\.0\.(?:2|3)\d$/)
    const ours = offers.get('10.77.0.1')?.packet
    expect(ours).toMatchObject({ yourAddress: '0.0.0.0', nextServerAddress: '10.77.0.1' })
    expect([51, 1, 3, 28, 58].filter((code) => ours?.options.has(code))).toEqual([])
  })

  test('is the server where nobody else answers', async () => {
    expect((await rack.startServer({ mode: 'auto' })).ready).toBe('10.77.0.1:67/udp on prov0')
  })

  test('C-P05 is the server beside another one when it is told to, and says so', async () => {
    await rack.startForeign()
    expect((await rack.startServer()).ready).toBe('10.77.0.1:67/udp on prov0')
    expect((await rack.event('foreign-server')).key).toBe('10.77.0.2')
  })

  test('D23 tells of a server that appears later within 5 s of its first offer', async () => {
    await rack.startServer()
    await rack.startForeign()
    const wire = await rack.openWire()
    const started = performance.now()
    await offersTo(wire, discover({ flags: 0x8000 }))
    expect(await rack.event('foreign-server')).toMatchObject({
      key: '10.77.0.2',
      body: { macAddress: foreignMacAddress },
    })
    expect(performance.now() - started).toBeLessThan(5000)
    expect(await rack.counters()).toMatchObject({ 'dhcp.offer': 1 })
  })

  test('D23 tells of a server that a client names', async () => {
    await rack.startServer()
    const wire = await rack.openWire()
    const choice = discover({
      messageType: 'request',
      options: [
        [50, ipv4ToBytes(ip('10.77.0.30'))],
        [54, ipv4ToBytes(ip('10.77.0.9'))],
      ],
    })
    wire.send(choice)
    expect((await rack.event('foreign-server')).key).toBe('10.77.0.9')
  })

  test('C-P06 C-P07 tells a BIOS ROM that the file is all there is, and who it is', async () => {
    await rack.startServer(known)
    const wire = await rack.openWire()
    const { packet, fromPort } = await wire.ask(discover({ options: bios }))
    expect(fromPort).toBe(67)
    expect(latin1Text(packet.options.get(60) ?? new Uint8Array(0))).toBe('PXEClient')
    expect(packet.options.get(43)).toEqual(Uint8Array.of(6, 1, 8, 255))
    expect(packet.options.get(97)).toHaveLength(17)
    expect(latin1Text(packet.bootFile)).toBe('ipxe/undionly.kpxe')
  })

  test('C-P03 C-P04 sends UEFI firmware to port 4011, where it gets its file', async () => {
    await rack.startServer(known)
    const wire = await rack.openWire()
    const { packet } = await wire.ask(discover({ options: uefi }))
    expect(packet.options.has(43)).toBe(false)
    expect(latin1Text(packet.options.get(60) ?? new Uint8Array(0))).toBe('PXEClient')
    await rack.clientSide.ip('address', 'add', '10.77.0.20/24', 'dev', 'eth0')
    const request = bootServerRequest({ options: uefi })
    const answer = await wire.ask(request, server, 4011)
    expect(answer.fromPort).toBe(4011)
    expect(answer.packet).toMatchObject({
      messageType: 'ack',
      clientAddress: '10.77.0.20',
      yourAddress: '0.0.0.0',
    })
    expect(latin1Text(answer.packet.bootFile)).toBe('ipxe/snponly.efi')
    expect([51, 1, 3].filter((code) => answer.packet.options.has(code))).toEqual([])
  })

  test('D01 D25 answers nothing else on port 4011', async () => {
    await rack.startServer(known)
    const wire = await rack.openWire()
    await rack.clientSide.ip('address', 'add', '10.77.0.20/24', 'dev', 'eth0')
    const refused = [
      { ...bootServerRequest({ options: uefi }), messageType: 'discover' as const },
      bootServerRequest({ options: [] }),
      bootServerRequest({ options: uefi, clientAddress: ip('192.0.2.7') }),
      bootServerRequest({ options: [...uefi, [43, [71, 4, 0, 0, 0, 0, 255]]] }),
    ]
    for (const packet of refused) wire.send(packet, server, 4011)
    for (let length = 0; length < 400; length += 20) {
      wire.sendBytes(new Uint8Array(length).fill(length), server, 4011)
    }
    await wire.ask(bootServerRequest({ options: uefi }), server, 4011)
    // What is no request waits behind those that are.
    await expect.poll(() => rack.counters()).toMatchObject({ 'dhcp.malformed': 20, 'dhcp.ack': 1 })
    expect(wire.unexpected()).toEqual([])
  })

  test('C-P01 names itself HTTPClient to UEFI HTTP boot, with a URL', async () => {
    await rack.startServer(known)
    const wire = await rack.openWire()
    const { packet } = await wire.ask(discover({ options: httpBoot }))
    expect(latin1Text(packet.options.get(60) ?? new Uint8Array(0))).toBe('HTTPClient')
    expect(latin1Text(packet.options.get(67) ?? new Uint8Array(0))).toMatch(
      /^http:\/\/10\.77\.0\.1/,
    )
  })

  test('C-P09 C-P10 C-P13 gives iPXE its script, and no word of proxies', async () => {
    await rack.startServer(known)
    const wire = await rack.openWire()
    const options = [...bios, [77, asciiBytes('iPXE')]] as const
    const { packet } = await wire.ask(discover({ options }))
    expect(latin1Text(packet.options.get(67) ?? new Uint8Array(0))).toMatch(/start\.ipxe/)
    expect(packet.options.has(175)).toBe(false)
  })

  test('leaves strangers and ordinary clients of the other server alone', async () => {
    await rack.startServer(known)
    const wire = await rack.openWire()
    wire.send(discover())
    wire.send(discover({ options: bios, macAddress: parseMacAddress('52:54:00:00:00:99') }))
    expect((await rack.event('unknown-machine')).key).toBe('52:54:00:00:00:99')
    await wire.ask(discover({ options: bios }))
    expect(wire.unexpected()).toEqual([])
  })
})

/** What UEFI firmware asks on port 4011 once it has an address. */
function bootServerRequest(changes: Parameters<typeof dhcpRequest>[0]): DhcpPacket {
  const clientAddress = ip('10.77.0.20')
  return discover({ messageType: 'request', clientAddress, ...changes })
}
