import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../../../src/base/ipv4-address.ts'
import {
  loadSocketCalls,
  type SocketCalls,
} from '../../../../../src/daemon/servers/dhcp/socket-calls.ts'
import { Attention } from '../../../../../src/daemon/servers/tftp/attention.ts'
import { RowPort } from '../../../../../src/daemon/servers/tftp/row-port.ts'
import { createTftpSocket } from '../../../../../src/daemon/servers/tftp/transfer-port.ts'
import { realClock } from '../../../../fakes/real-clock.ts'

const calls = await loadSocketCalls()
const datagramBytes = 1472
const loopback = parseIpv4Address('127.0.0.1')

let client: Socket
let parts: AsyncDisposableStack

beforeEach(async () => {
  parts = new AsyncDisposableStack()
  client = createSocket('udp4')
  client.bind(0, '127.0.0.1')
  await once(client, 'listening')
  parts.defer(() => void client.close())
})
afterEach(() => parts.disposeAsync())

/** A port towards the client, on these calls in place of the system's own. */
async function openPort(own: Partial<SocketCalls> = {}): Promise<RowPort> {
  const used = { ...calls, ...own }
  const attention = parts.use(new Attention(used, realClock))
  const port = await RowPort.open(used, createTftpSocket(), {
    at: { address: loopback, port: 0 },
    to: { address: loopback, port: client.address().port },
    hear: () => undefined,
    attention,
  })
  parts.defer(() => port.close())
  return port
}

/** What the client gets of a row: `count` datagrams, of which the last is `lastBytes` long. */
async function received(port: RowPort, count: number, lastBytes: number): Promise<Buffer[]> {
  const bytes = Buffer.alloc((count - 1) * datagramBytes + lastBytes)
  for (const at of bytes.keys()) bytes[at] = (at * 7 + Math.floor(at / datagramBytes)) % 251
  const datagrams: Buffer[] = []
  const all = new Promise<void>((resolve) => {
    client.on('message', (datagram) => {
      datagrams.push(datagram)
      if (datagrams.length === count) resolve()
    })
  })
  port.sendRow(bytes, datagramBytes)
  await all
  expect(Buffer.concat(datagrams).equals(bytes)).toBe(true)
  return datagrams
}

/** Counts the calls by which datagrams leave. */
function counted(): { readonly send: SocketCalls['send']; readonly sizes: number[] } {
  const sizes: number[] = []
  const send: SocketCalls['send'] = (fd, bytes, to) => {
    sizes.push(bytes.length)
    return calls.send(fd, bytes, to)
  }
  return { send, sizes }
}

describe(RowPort, () => {
  test('a kernel that cuts no rows is given one datagram after the other', async () => {
    const { send, sizes } = counted()
    const port = await openPort({ setsockopt: () => -1, send })
    const datagrams = await received(port, 16, 100)
    expect(sizes).toEqual(datagrams.map(({ length }) => length))
  })

  test('a device that takes no row gets the same datagrams one by one, from then on', async () => {
    const { send, sizes } = counted()
    const refusing: SocketCalls['send'] = (fd, bytes, to) =>
      bytes.length > datagramBytes ? -1 : send(fd, bytes, to)
    const port = await openPort({ send: refusing, lastError: () => 'EIO' })
    await received(port, 16, 100)
    client.removeAllListeners('message')
    await received(port, 5, datagramBytes)
    expect(sizes).toHaveLength(21)
  })

  test.each([
    { count: 1, lastBytes: 4, sent: [4] },
    { count: 4, lastBytes: 900, sent: [3 * datagramBytes + 900] },
    { count: 7, lastBytes: 900, sent: [6 * datagramBytes + 900] },
    { count: 8, lastBytes: datagramBytes, sent: [4, 4].map((blocks) => blocks * datagramBytes) },
    { count: 9, lastBytes: 4, sent: [4 * datagramBytes, 4 * datagramBytes + 4] },
    { count: 32, lastBytes: 900, sent: [4 * datagramBytes, 27 * datagramBytes + 900] },
  ])(
    'of $count blocks, the last of $lastBytes bytes, each arrives as a datagram of its own, in order',
    async ({ count, lastBytes, sent }) => {
      const { send, sizes } = counted()
      const datagrams = await received(await openPort({ send }), count, lastBytes)
      expect(datagrams.map(({ length }) => length)).toEqual([
        ...Array.from({ length: count - 1 }, () => datagramBytes),
        lastBytes,
      ])
      expect(sizes).toEqual(sent)
    },
  )
})
