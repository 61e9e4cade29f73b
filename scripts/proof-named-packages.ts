// Why the npm packages `dhcp` and `tftp` are test peers here and not in the serving path: sends each of
// them, and ours, one packet that every network boot sends. Loopback and free ports only.
import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

import { latin1Text } from '../src/base/ascii.ts'
import { openDeviceSocket } from '../src/daemon/servers/dhcp/open-device-socket.ts'
import { decodePacket } from '../src/protocol/dhcpv4/decode-packet.ts'
import { decodeTftpPacket } from '../src/protocol/tftp/decode-tftp-packet.ts'
import { encodeTftpPacket } from '../src/protocol/tftp/encode-tftp-packet.ts'
import { readPacketVector } from '../test/vectors/dhcp/read-packet-vector.ts'

/** What became of a server. */
type Outcome = { readonly kind: 'answered' | 'ended' | 'silent'; readonly detail: string }

interface Trial {
  readonly title: string
  readonly server: string
  readonly packet: string
  readonly expected: Outcome['kind']
  openClient(port: number): Promise<Socket>
  readonly request: Uint8Array
  describeAnswer(bytes: Uint8Array): string
}

const patienceMs = 10_000

/** With the broadcast flag (RFC 2131 §2), for a plain socket hears nothing that is sent to an address it does not have. */
function askingForBroadcast(packet: Uint8Array): Uint8Array {
  const asking = Uint8Array.from(packet)
  asking[10] = 0x80
  return asking
}

const dhcp = {
  packet: 'a PXE DISCOVER, as captured from iPXE in a BIOS machine',
  openClient: async (port: number) => (await openDeviceSocket('lo', port + 1)).socket,
  request: askingForBroadcast(readPacketVector('bios-ipxe-discover')),
  describeAnswer: (bytes: Uint8Array) => {
    const decoding = decodePacket(bytes)
    if (!decoding.ok) return decoding.reason
    const { messageType, yourAddress, bootFile } = decoding.packet
    return `${messageType} of ${yourAddress}, boot file ${latin1Text(bootFile)}`
  },
}

const tftp = {
  packet: 'a TFTP read request for a file that does not exist',
  openClient: async () => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return socket
  },
  request: encodeTftpPacket({
    kind: 'read-request',
    fileName: 'pxelinux.cfg/01-52-54-00-aa-bb-01',
    mode: 'octet',
    options: new Map(),
  }),
  describeAnswer: (bytes: Uint8Array) => {
    const decoding = decodeTftpPacket(bytes)
    if (!decoding.ok) return decoding.reason
    const { packet } = decoding
    return packet.kind === 'error' ? `error ${packet.errorCode}, ${packet.message}` : packet.kind
  },
}

const trials: readonly Trial[] = [
  { ...dhcp, title: 'npm dhcp 0.2.20', server: 'npm-dhcp', expected: 'ended' },
  { ...dhcp, title: 'Repave', server: 'repave-dhcp', expected: 'answered' },
  { ...tftp, title: 'npm tftp 0.1.2', server: 'npm-tftp', expected: 'ended' },
  { ...tftp, title: 'Repave', server: 'repave-tftp', expected: 'answered' },
]

/** Two neighbouring ports that nobody uses: a server's and its clients'. */
async function findFreePorts(): Promise<number> {
  for (;;) {
    const first = createSocket('udp4')
    const second = createSocket('udp4')
    try {
      first.bind(0, '127.0.0.1')
      await once(first, 'listening')
      const { port } = first.address()
      second.bind(port + 1, '127.0.0.1')
      await once(second, 'listening')
      return port
    } catch {
      // The neighbour is taken, or there is none: another pair.
    } finally {
      first.close()
      second.close()
    }
  }
}

/** The error in what Node prints as it ends because of one. */
function lastWords(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim())
  return lines.find((line) => /^(?:\w*Error\b|Error:)/.test(line)) ?? lines[0] ?? ''
}

async function startServer(trial: Trial, port: number): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('proof-named-packages-server.ts', import.meta.url))
  const child = spawn(process.execPath, ['--no-deprecation', program, trial.server, String(port)])
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  return child
}

async function run(trial: Trial): Promise<Outcome> {
  const port = await findFreePorts()
  const child = await startServer(trial, port)
  let stderr = ''
  child.stderr?.on('data', (text) => (stderr += String(text)))
  const ended = once(child, 'close')
  const client = await trial.openClient(port)
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), patienceMs)
  const ask = async (): Promise<Outcome> => {
    client.send(trial.request, port, '127.0.0.1')
    return Promise.race([
      once(client, 'message').then(([bytes]: Uint8Array[]): Outcome => {
        return { kind: 'answered', detail: trial.describeAnswer(bytes ?? new Uint8Array(0)) }
      }),
      ended.then((): Outcome => ({ kind: 'ended', detail: lastWords(stderr) })),
      once(late.signal, 'abort').then((): Outcome => ({ kind: 'silent', detail: stderr })),
    ])
  }
  try {
    // Asked twice, because a server may answer and end over it.
    const first = await ask()
    return first.kind === 'answered' ? await ask() : first
  } finally {
    clearTimeout(timer)
    client.close()
    if (child.exitCode === null) child.kill('SIGKILL')
    await ended
  }
}

const sentences = {
  answered: 'answered, twice',
  ended: 'its process ended',
  silent: 'neither answered nor ended',
} as const

let shown = ''
for (const trial of trials) {
  if (trial.packet !== shown) process.stdout.write(`\n${trial.packet}\n`)
  shown = trial.packet
  const { kind, detail } = await run(trial)
  process.stdout.write(`  ${trial.title.padEnd(16)} ${sentences[kind]}: ${detail}\n`)
  if (kind !== trial.expected) process.exitCode = 1
}
