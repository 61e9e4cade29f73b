import { describe, expect, test } from 'vitest'

import {
  mostPacketBytes,
  PacketQueue,
} from '../../../../../src/daemon/servers/dhcp/packet-queue.ts'
import { encodePacket } from '../../../../../src/protocol/dhcpv4/encode-packet.ts'
import { peekMessageType } from '../../../../../src/protocol/dhcpv4/peek-message-type.ts'
import { dhcpRequest } from '../../../../fakes/dhcp-request.ts'

/** Packets are one byte here, urgent from 128 on. */
function queueThatCounts() {
  const dropped = { count: 0 }
  const queue = new PacketQueue(
    (bytes) => (bytes[0] ?? 0) >= 128,
    () => dropped.count++,
  )
  const takeAll = (): number[] => {
    const taken = queue.take()?.[0]
    return taken === undefined ? [] : [taken, ...takeAll()]
  }
  return { queue, dropped, takeAll }
}

describe(PacketQueue, () => {
  test('D31 drops the oldest when there are too many, of those that can wait alone', () => {
    const { queue, dropped, takeAll } = queueThatCounts()
    queue.add(Uint8Array.of(200))
    for (let round = 0; round < 400; round++) queue.add(Uint8Array.of(round % 128))
    expect(dropped.count).toBe(144)
    const taken = takeAll()
    expect(taken).toHaveLength(257)
    expect(taken.slice(0, 2)).toEqual([200, 144 % 128])
  })

  test('urgent ones come first, and leave every fourth turn to the others', () => {
    const { queue, takeAll } = queueThatCounts()
    for (const packet of [1, 2, 200, 201, 202, 203, 204]) queue.add(Uint8Array.of(packet))
    expect(takeAll()).toEqual([200, 201, 202, 1, 203, 204, 2])
  })

  test('keeps a copy of what it is given', () => {
    const { queue } = queueThatCounts()
    const packet = Uint8Array.of(7, 8)
    queue.add(packet)
    packet.fill(0)
    expect(queue.take()).toEqual(Uint8Array.of(7, 8))
  })

  test('D32 keeps the beginning of a packet that is longer than any frame', () => {
    const { queue } = queueThatCounts()
    queue.add(new Uint8Array(9000).fill(5))
    expect(queue.take()).toEqual(new Uint8Array(mostPacketBytes).fill(5))
  })

  test('has nothing to give when there is nothing', () => {
    expect(queueThatCounts().queue.take()).toBeUndefined()
  })
})

describe(peekMessageType, () => {
  test.each([
    ['nothing', new Uint8Array(0)],
    ['a header alone', new Uint8Array(240)],
    [
      'a type that stands elsewhere',
      Uint8Array.from([...new Uint8Array(240), 12, 1, 65, 53, 1, 1]),
    ],
    ['a type of two bytes', Uint8Array.from([...new Uint8Array(240), 53, 2, 1, 1])],
    ['a type that there is not', Uint8Array.from([...new Uint8Array(240), 53, 1, 99])],
  ])('sees none in %s', (_title, bytes) => {
    expect(peekMessageType(bytes)).toBeUndefined()
  })

  test.each(['discover', 'request', 'release'] as const)('sees %s', (messageType) => {
    expect(peekMessageType(encodePacket(dhcpRequest({ messageType })))).toBe(messageType)
  })
})
