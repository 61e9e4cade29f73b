import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { fromHex, toHex } from '../../../../src/base/hex.ts'
import { decodePacket } from '../../../../src/protocol/dhcpv4/decode-packet.ts'
import type { DhcpPacket } from '../../../../src/protocol/dhcpv4/dhcp-packet.ts'
import { encodePacket } from '../../../../src/protocol/dhcpv4/encode-packet.ts'
import {
  connectNamespaces,
  createNetworkNamespace,
  type NetworkNamespace,
} from '../../../fakes/network-namespace.ts'
import type { DhcpServerSettings } from './dhcp-server-process.ts'
import { LineProcess } from '../../../fakes/line-process.ts'

export interface DhcpEvent {
  readonly type: string
  readonly action: string
  readonly key: string
  readonly body: Readonly<Record<string, unknown>>
}

/** A packet as the client's socket got it. */
export interface ReceivedPacket {
  readonly packet: DhcpPacket
  readonly bytes: Uint8Array
  readonly fromAddress: string
  readonly fromPort: number
  readonly toAddress: string
}

/** What a server says first. */
export interface StartResult {
  readonly ready?: string
  readonly failed?: { readonly code: string; readonly message: string; readonly remedy: string }
}

export const clientMacAddress = '52:54:00:aa:bb:01'

/**
 * A DHCP server and a client, each in a namespace of its own, and a cable between them:
 *
 *     server namespace                     client namespace
 *     prov0 10.77.0.1/24  ──────────────── eth0, no address
 *     other0 10.88.0.1/24 ──────────────── eth1, no address (not a provisioning network)
 */
export class DhcpRack implements AsyncDisposable {
  readonly serverSide: NetworkNamespace
  readonly clientSide: NetworkNamespace
  readonly #leaseFile = join(tmpdir(), `repave-leases-${randomBytes(6).toString('hex')}.json`)
  readonly #programs: LineProcess[] = []
  #server: LineProcess | undefined

  constructor(serverSide: NetworkNamespace, clientSide: NetworkNamespace) {
    this.serverSide = serverSide
    this.clientSide = clientSide
  }

  /**
   * Starts the server; resolves when it listens, or with the reason why it does not.
   *
   * @param launcher a program and its arguments that starts the rest of its command line
   */
  async startServer(
    settings: Partial<DhcpServerSettings> = {},
    launcher: readonly string[] = [],
  ): Promise<StartResult> {
    const complete = { interfaceName: 'prov0', leaseFile: this.#leaseFile, ...settings }
    const server = this.#program(
      this.serverSide,
      'dhcp-server-process.ts',
      JSON.stringify(complete),
      launcher,
    )
    this.#server = server
    return server.take((line: StartResult) => 'ready' in line || 'failed' in line)
  }

  async killServer(): Promise<void> {
    await this.server.kill('SIGKILL')
  }

  get server(): LineProcess {
    if (this.#server === undefined) throw new Error('no server was started')
    return this.#server
  }

  async counters(): Promise<Readonly<Record<string, number>>> {
    this.server.say('counters')
    type Line = { counters?: Record<string, number> }
    return (await this.server.take((line: Line) => line.counters !== undefined)).counters ?? {}
  }

  /** What the server has in memory. */
  async residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.server.child.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
  }

  async event(action: string): Promise<DhcpEvent> {
    type Line = { event?: DhcpEvent }
    const { event } = await this.server.take((line: Line) => line.event?.action === action)
    if (event === undefined) throw new Error('no event')
    return event
  }

  /** Resolves when the server has ended by itself. */
  async serverEnd(): Promise<void> {
    const { child } = this.server
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }

  /** @param port 68 for a client, 67 for a relay */
  async openWire(interfaceName = 'eth0', port = 68): Promise<DhcpWire> {
    const settings = JSON.stringify({ interfaceName, port })
    const program = this.#program(this.clientSide, 'dhcp-wire-process.ts', settings)
    await program.take((line: object) => 'ready' in line)
    return new DhcpWire(program)
  }

  /** Strangers that ask for addresses, so many a second, until the test ends. */
  async startFlood(perSecond: number): Promise<void> {
    const settings = JSON.stringify({ interfaceName: 'eth0', perSecond })
    const program = this.#program(this.clientSide, 'dhcp-flood-process.ts', settings)
    await program.take((line: object) => 'ready' in line)
  }

  /** Ends every program, and forgets leases and the client's addresses: ready for the next test. */
  async clear(): Promise<void> {
    await Promise.all(this.#programs.splice(0).map((program) => program[Symbol.asyncDispose]()))
    await rm(this.#leaseFile, { force: true })
    await this.clientSide.ip('address', 'flush', 'dev', 'eth0')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear()
    await this.serverSide[Symbol.asyncDispose]()
    await this.clientSide[Symbol.asyncDispose]()
  }

  #program(
    namespace: NetworkNamespace,
    file: string,
    argument: string,
    launcher: readonly string[] = [],
  ): LineProcess {
    const path = fileURLToPath(new URL(file, import.meta.url))
    const stdio = ['pipe', 'pipe', 'pipe'] as const
    const [program, ...words] = [...launcher, process.execPath, path, argument]
    const child = namespace.start(program ?? '', words, { stdio: [...stdio] })
    const lines = new LineProcess(child)
    this.#programs.push(lines)
    return lines
  }
}

/** A client on the cable: sends any bytes from port 68, sees every reply, whoever it is for. */
export class DhcpWire {
  readonly #program: LineProcess

  constructor(program: LineProcess) {
    this.#program = program
  }

  sendBytes(bytes: Uint8Array, to = '255.255.255.255', port = 67): void {
    this.#program.say({ hex: toHex(bytes), to, port })
  }

  send(packet: DhcpPacket, to?: string, port?: number): void {
    this.sendBytes(encodePacket(packet, 1472), to, port)
  }

  /** The first reply of a transaction, whatever it says. */
  async reply(transactionId: number): Promise<ReceivedPacket> {
    type Line = { hex?: string; address?: string; port?: number; to?: string }
    const line = await this.#program.take(
      ({ hex }: Line) =>
        hex !== undefined && received({ hex }).packet.transactionId === transactionId,
    )
    return received(line)
  }

  /** Sends and waits for the reply. */
  async ask(packet: DhcpPacket, to?: string, port?: number): Promise<ReceivedPacket> {
    this.send(packet, to, port)
    return this.reply(packet.transactionId)
  }

  /** Replies that came and that nobody asked for by {@link reply}. */
  unexpected(): ReceivedPacket[] {
    return this.#program.takeAll().map((line) => received(line as { hex: string }))
  }
}

function received(line: {
  hex?: string
  address?: string
  port?: number
  to?: string
}): ReceivedPacket {
  const bytes = fromHex(line.hex ?? '')
  const decoding = decodePacket(bytes)
  if (!decoding.ok) throw new Error(`the server sent no DHCP: ${decoding.reason}`)
  const { packet } = decoding
  const { address = '', port = 0, to = '' } = line
  return { packet, bytes, fromAddress: address, fromPort: port, toAddress: to }
}

export async function createDhcpRack(): Promise<DhcpRack> {
  const serverSide = await createNetworkNamespace()
  const clientSide = await createNetworkNamespace()
  await connectNamespaces(
    { namespace: serverSide, interfaceName: 'prov0' },
    { namespace: clientSide, interfaceName: 'eth0', macAddress: clientMacAddress },
  )
  await connectNamespaces(
    { namespace: serverSide, interfaceName: 'other0' },
    { namespace: clientSide, interfaceName: 'eth1' },
  )
  await serverSide.ip('address', 'add', '10.77.0.1/24', 'dev', 'prov0')
  await serverSide.ip('address', 'add', '10.88.0.1/24', 'dev', 'other0')
  return new DhcpRack(serverSide, clientSide)
}
