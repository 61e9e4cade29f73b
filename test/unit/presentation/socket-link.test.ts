import { EventEmitter } from 'node:events'

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { linkOf, type SocketLike } from '../../../src/presentation/socket-link.ts'
import { sampleId, sampleProgress } from '../../fakes/sample-fleet.ts'

class MemorySocket extends EventEmitter implements SocketLike {
  readonly sent: string[] = []
  paused = 0
  resumed = 0
  closed = false
  send(text: string): void {
    this.sent.push(text)
  }
  close(): void {
    this.closed = true
  }
  pause(): void {
    this.paused++
  }
  resume(): void {
    this.resumed++
  }
}

const frame = {
  frame: 'progress',
  id: '1',
  machineId: sampleId(1),
  runId: sampleId(1, 'bb'),
  progress: sampleProgress(),
}

async function drain(socket: MemorySocket): Promise<unknown[]> {
  const link = linkOf(socket)
  const frames: unknown[] = []
  const reading = (async () => {
    for await (const received of link.frames) frames.push(received)
  })()
  await Promise.resolve()
  socket.emit('close')
  await reading
  return frames
}

describe(linkOf, () => {
  it('skips what is no frame and never throws, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.string(), fc.json())), async (texts) => {
        const socket = new MemorySocket()
        const link = linkOf(socket)
        for (const text of texts) socket.emit('message', text)
        socket.emit('close')
        for await (const received of link.frames) expect(received).toHaveProperty('frame')
      }),
    )
  })

  it('throws where the connection breaks, after what had come', async () => {
    const socket = new MemorySocket()
    const link = linkOf(socket)
    socket.emit('message', JSON.stringify(frame))
    socket.emit('error', new Error('reset'))
    const frames: unknown[] = []
    await expect(
      (async () => {
        for await (const received of link.frames) frames.push(received)
      })(),
    ).rejects.toThrow('reset')
    expect(frames).toHaveLength(1)
  })

  it('ends when the socket is closed while it waits', async () => {
    expect(await drain(new MemorySocket())).toEqual([])
  })

  it('pauses a socket that fills faster than it is read, and lets it go on later', async () => {
    const socket = new MemorySocket()
    const link = linkOf(socket)
    for (let index = 0; index < 1000; index++) socket.emit('message', JSON.stringify(frame))
    expect(socket.paused).toBe(1)
    socket.emit('close')
    let count = 0
    for await (const received of link.frames) count += received.frame === 'progress' ? 1 : 0
    expect(count).toBe(1000)
    expect(socket.resumed).toBe(1)
  })

  it('sends frames as JSON and closes the socket', () => {
    const socket = new MemorySocket()
    const link = linkOf(socket)
    link.send({ frame: 'unsubscribe', id: '1' })
    link.close()
    expect(socket.sent).toEqual(['{"frame":"unsubscribe","id":"1"}'])
    expect(socket.closed).toBe(true)
  })
})
