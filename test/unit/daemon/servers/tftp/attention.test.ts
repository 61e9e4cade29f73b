import { setImmediate as nextTurn } from 'node:timers/promises'

import { describe, expect, test } from 'vitest'

import type { SocketCalls } from '../../../../../src/daemon/servers/dhcp/socket-calls.ts'
import { Attention } from '../../../../../src/daemon/servers/tftp/attention.ts'
import { ManualTime } from '../../../../fakes/manual-time.ts'

/** An epoll that tells of the descriptors in `ready`; each look at it takes `lookMs`. */
class Desk {
  readonly time = new ManualTime()
  readonly ready = new Set<number>()
  readonly heard: number[] = []
  looks = 0
  lookMs = 0.01
  readonly attention: Attention

  constructor() {
    const epollWait = (_epoll: number, into: Uint8Array) => {
      this.looks++
      this.time.advance(this.lookMs)
      const view = new DataView(into.buffer)
      const [eventBytes, dataOffset] = process.arch === 'x64' ? [12, 4] : [16, 8]
      for (const [index, fd] of [...this.ready].entries()) {
        view.setInt32(index * eventBytes + dataOffset, fd, true)
      }
      return this.ready.size
    }
    const calls = { epollCreate: () => 3, epollControl: () => 0, epollWait, close: () => 0 }
    this.attention = new Attention(calls as unknown as SocketCalls, this.time)
  }

  listen(fd: number) {
    const hearOne = () => {
      this.heard.push(fd)
      this.ready.delete(fd)
    }
    const listener = { fd, hearOne }
    this.attention.add(listener)
    return listener
  }

  /** Has the event loop bring two datagrams, so that a third is expected. */
  wakeTwice() {
    this.attention.woken()
    this.attention.woken()
    this.looks = 0
  }
}

describe(Attention, () => {
  test('what has been removed is not listened to', () => {
    const desk = new Desk()
    const listener = desk.listen(7)
    desk.ready.add(7)
    desk.attention.remove(listener)
    desk.attention.woken()
    expect(desk.heard).toEqual([])
  })

  test('looks no further when nothing follows', async () => {
    const desk = new Desk()
    desk.listen(7)
    desk.attention.woken()
    await nextTurn()
    expect(desk.looks).toBe(1)
    desk.time.advance(5)
    desk.wakeTwice()
    for (let turn = 0; turn < 20; turn++) await nextTurn()
    const { looks } = desk
    await nextTurn()
    expect(desk.looks).toBe(looks)
    expect(looks).toBeLessThan(200)
  })

  test('ends with its last listener', async () => {
    const desk = new Desk()
    const listener = desk.listen(7)
    desk.wakeTwice()
    desk.attention.remove(listener)
    await nextTurn()
    await nextTurn()
    expect(desk.looks).toBeLessThanOrEqual(1)
  })

  test('deals at once with what came together with what woke us', () => {
    const desk = new Desk()
    desk.listen(7)
    desk.listen(8)
    desk.ready.add(7).add(8)
    desk.attention.woken()
    expect(desk.heard).toEqual([7, 8])
  })

  test('looks once, however many the event loop brings together, and again after its turn', async () => {
    const desk = new Desk()
    for (let datagram = 0; datagram < 100; datagram++) desk.attention.woken()
    expect(desk.looks).toBe(1)
    desk.lookMs = 10
    await nextTurn()
    await nextTurn()
    const { looks } = desk
    desk.attention.woken()
    expect(desk.looks).toBe(looks + 1)
  })

  test('hears what follows without being woken', async () => {
    const desk = new Desk()
    desk.listen(7)
    desk.wakeTwice()
    await nextTurn()
    for (let datagram = 1; datagram <= 10; datagram++) {
      desk.ready.add(7)
      await nextTurn()
      expect(desk.heard).toHaveLength(datagram)
    }
  })

  test('an event loop with other work waits for one look a turn', async () => {
    const desk = new Desk()
    desk.listen(7)
    desk.wakeTwice()
    await nextTurn()
    desk.looks = 0
    desk.time.advance(0.5)
    await nextTurn()
    expect(desk.looks).toBe(1)
  })

  test('rests a while when others want the processor, and hears what the event loop brings', async () => {
    const desk = new Desk()
    desk.listen(7)
    desk.wakeTwice()
    desk.lookMs = 0.2
    await nextTurn()
    expect(desk.looks).toBe(1)
    desk.lookMs = 0.01
    desk.wakeTwice()
    await nextTurn()
    await nextTurn()
    expect(desk.looks).toBe(0)
    desk.ready.add(7)
    desk.attention.woken()
    expect(desk.heard).toEqual([7])
    desk.time.advance(50)
    desk.wakeTwice()
    await nextTurn()
    expect(desk.looks).toBeGreaterThan(1)
  })

  test('the event loop has its turn, however much there is to hear', async () => {
    const desk = new Desk()
    desk.listen(7)
    desk.wakeTwice()
    desk.lookMs = 0.5
    const { heard, ready } = desk
    heard.push = () => {
      setImmediate(() => ready.add(7))
      return 0
    }
    ready.delete = () => false
    ready.add(7)
    await nextTurn()
    expect(desk.looks).toBeLessThanOrEqual(5)
  })
})
