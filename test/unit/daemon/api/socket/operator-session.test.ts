import { EventEmitter } from 'node:events'

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { WebSocket } from 'ws'

import { EventTexts } from '../../../../../src/daemon/api/socket/event-texts.ts'
import { OperatorSession } from '../../../../../src/daemon/api/socket/operator-session.ts'
import { localCaller } from '../../../../../src/daemon/domain/access/caller.ts'
import { MemoryOperatorServices } from '../../../../fakes/memory-operator-services.ts'

/** A connection whose far end answers pings as long as its cable is plugged in. */
class Peer extends EventEmitter {
  readonly OPEN = 1
  readonly readyState = 1
  plugged = true
  terminated = false

  ping(): void {
    if (this.plugged) this.emit('pong')
  }

  terminate(): void {
    this.terminated = true
    this.emit('close')
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe(OperatorSession, () => {
  it('ends a connection within 60 s after its cable was pulled, and pings it no more (W10)', () => {
    const peer = new Peer()
    const identity = { caller: localCaller, texts: new EventTexts() }
    new OperatorSession(
      peer as unknown as WebSocket,
      new MemoryOperatorServices(),
      identity,
    ).start()
    vi.advanceTimersByTime(100_000)
    expect(peer.terminated).toBe(false)
    peer.plugged = false
    vi.advanceTimersByTime(60_000)
    expect(peer.terminated).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })
})
