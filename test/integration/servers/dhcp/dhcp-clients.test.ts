import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { startDhcpServer } from '../../../../src/daemon/servers/dhcp/dhcp-server.ts'
import { needProgram } from '../../../fakes/need-program.ts'
import { readPacketVector } from '../../../vectors/dhcp/read-packet-vector.ts'
import { clientMacAddress, createDhcpRack, type DhcpRack } from './dhcp-rack.ts'

let rack: DhcpRack
let folder: string
beforeAll(async () => {
  rack = await createDhcpRack()
  folder = await mkdtemp(join(tmpdir(), 'repave-dhcp-clients-'))
})
afterEach(() => rack.clear())
afterAll(async () => {
  await rack[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** A script that clients run at each step; it keeps its environment in a file. */
async function writeHook(): Promise<{
  path: string
  readVariables(): Promise<Map<string, string>>
}> {
  const path = join(folder, 'hook')
  const output = join(folder, 'environment')
  await writeFile(path, `#!/bin/sh\necho "step=$1" >>${output}\nenv >>${output}\n`, { mode: 0o755 })
  await rm(output, { force: true })
  const readVariables = async () => {
    const lines = (await readFile(output, 'utf8')).split('\n')
    return new Map(lines.map((line) => line.split(/=(.*)/s, 2) as [string, string]))
  }
  return { path, readVariables }
}

describe(startDhcpServer, () => {
  test('leases to busybox udhcpc, which gives its address back', async () => {
    await needProgram('udhcpc', 'udhcpc')
    await rack.startServer()
    const hook = await writeHook()
    const args = ['-i', 'eth0', '-f', '-n', '-q', '-R', '-t', '5', '-T', '1', '-s', hook.path]
    await rack.clientSide.run('udhcpc', args)
    expect(Object.fromEntries(await hook.readVariables())).toMatchObject({
      ip: '10.77.0.100',
      mask: '24',
      router: '10.77.0.254',
      dns: '10.77.0.253',
      domain: 'rack.test',
      serverid: '10.77.0.1',
      lease: '3600',
    })
    expect(await rack.event('ack')).toMatchObject({
      body: { address: '10.77.0.100', client: 'none' },
    })
  })

  test.each([
    ['the card and the address of a client that hears them', [], `${clientMacAddress} 10.77.0.100`],
    ['everybody where the client asks for it', ['-B'], 'ff:ff:ff:ff:ff:ff 255.255.255.255'],
  ])('C-D04 C-D20 OFFER and ACK go to %s', async (_title, words, destination) => {
    await needProgram('udhcpc', 'udhcpc')
    await needProgram('tcpdump', 'tcpdump')
    await rack.startServer()
    // Neither the bit that forbids fragments nor a fragment.
    const unfragmented = 'udp src port 67 and ip[6:2] & 0x7fff = 0'
    const capture = rack.clientSide.start(
      'tcpdump',
      ['-i', 'eth0', '-e', '-n', '-l', '--immediate-mode', unfragmented],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    const ended = once(capture, 'exit')
    try {
      if (capture.stdout === null || capture.stderr === null)
        throw new Error('tcpdump has no output')
      const replies = createInterface({ input: capture.stdout })[Symbol.asyncIterator]()
      // It says that it listens.
      await once(capture.stderr, 'data')
      const hook = await writeHook()
      const args = ['-i', 'eth0', '-f', '-n', '-q', '-t', '5', '-T', '1', '-s', hook.path, ...words]
      await rack.clientSide.run('udhcpc', args)
      for (const _reply of ['offer', 'ack']) {
        const { value } = (await replies.next()) as { value: string }
        const [, card, address] = / > ([0-9a-f:]{17}),.* > ([\d.]+)\.68:/.exec(value) ?? []
        expect(`${card} ${address}`).toBe(destination)
      }
    } finally {
      capture.kill('SIGKILL')
      await ended
    }
  })

  test('leases to ISC dhclient, knows it again after a reboot, and takes the lease back', async () => {
    await needProgram('dhclient', 'isc-dhcp-client')
    await rack.startServer()
    const hook = await writeHook()
    const files = ['-lf', join(folder, 'dhclient.leases'), '-pf', join(folder, 'dhclient.pid')]
    const configuration = ['-cf', '/dev/null', '-sf', hook.path, ...files]
    const stop = () => rack.clientSide.run('dhclient', ['-x', ...configuration, 'eth0'])
    await rack.clientSide.run('dhclient', ['-1', ...configuration, 'eth0'])
    expect((await hook.readVariables()).get('reason')).toBe('BOUND')
    await stop()
    // With its lease file, it starts in INIT-REBOOT.
    await rack.clientSide.run('dhclient', ['-1', ...configuration, 'eth0'])
    const rebooted = await hook.readVariables()
    expect(rebooted.get('reason')).toBe('REBOOT')
    expect(rebooted.get('new_ip_address')).toBe('10.77.0.100')
    await rack.clientSide.ip('address', 'add', '10.77.0.100/24', 'dev', 'eth0')
    await rack.clientSide.run('dhclient', ['-r', ...configuration, 'eth0'])
    const wire = await rack.openWire()
    wire.sendBytes(readPacketVector('edk2-native-discover'))
    await wire.reply(0xa1b2_c3d4)
    const counters = await rack.counters()
    expect(counters).toMatchObject({ 'dhcp.released': 1 })
    expect(counters).not.toHaveProperty('dhcp.nak')
  })

  test('leases to the client of the npm package dhcp', async () => {
    await rack.startServer()
    // It sends by the system's routes, and hears by its sockets: an answer to its card too once the address
    // is there. Other clients without the broadcast flag read from the card itself.
    await rack.clientSide.ip('address', 'add', '10.77.0.100/24', 'dev', 'eth0')
    await rack.clientSide.ip('route', 'add', 'default', 'dev', 'eth0')
    const program = fileURLToPath(new URL('npm-dhcp-client-process.ts', import.meta.url))
    const { stdout } = await rack.clientSide.run(process.execPath, [program, clientMacAddress])
    expect(JSON.parse(stdout)).toMatchObject({ address: '10.77.0.100' })
    expect(await rack.event('ack')).toMatchObject({ body: { address: '10.77.0.100' } })
  })

  test('sends replies that the parser of the npm package dhcp reads the same way', async () => {
    interface NpmDhcp {
      addOption(code: number, option: { type: string }): void
    }
    interface NpmProtocol {
      parse(bytes: Buffer): { options: Record<number, unknown> } & Record<string, unknown>
    }
    const require = createRequire(import.meta.url)
    const { addOption } = require('dhcp') as NpmDhcp
    const { parse } = require('dhcp/lib/protocol.js') as NpmProtocol
    for (const code of [61, 97, 175]) addOption(code, { type: 'UInt8s' })
    await rack.startServer()
    const wire = await rack.openWire()
    wire.sendBytes(readPacketVector('bios-ipxe-discover'))
    const { bytes } = await wire.reply(0xa1b2_c3d4)
    const bootFileName = 'http://10.77.0.1:8090/boot/start.ipxe?mac=52:54:00:aa:bb:01&platform=bios'
    expect(parse(Buffer.from(bytes))).toMatchObject({
      op: 2,
      xid: 0xa1b2_c3d4,
      yiaddr: '10.77.0.100',
      siaddr: '10.77.0.1',
      chaddr: '52-54-00-AA-BB-01',
      options: {
        53: 2,
        54: '10.77.0.1',
        51: 3600,
        1: '255.255.255.0',
        3: ['10.77.0.254'],
        6: ['10.77.0.253'],
        67: bootFileName,
        61: [1, 0x52, 0x54, 0, 0xaa, 0xbb, 1],
        175: [176, 1, 1],
      },
    })
  })
})
