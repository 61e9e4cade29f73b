import { describe, expect, test } from 'vitest'

import { LogBatch } from '../../../src/agent/log-batch.ts'
import { type AgentToDaemon, agentToDaemonSchema } from '../../../src/contract/agent-frames.ts'

const first = '11111111-1111-4111-8111-111111111111'
const second = '22222222-2222-4222-8222-222222222222'

const createBatch = () => {
  const frames: Extract<AgentToDaemon, { frame: 'log' }>[] = []
  const state = { connected: true }
  const batch = new LogBatch((frame) => {
    if (state.connected) frames.push(frame)
    return state.connected
  })
  return { batch, frames, state, [Symbol.dispose]: () => batch[Symbol.dispose]() }
}

describe('LogBatch', () => {
  test('keeps the newest thousand lines while they cannot be sent', () => {
    using log = createBatch()
    log.state.connected = false
    for (let line = 0; line < 1200; line++) log.batch.add(`line ${line}`)
    log.batch.flush()
    log.state.connected = true
    log.batch.flush()
    const lines = log.frames.flatMap((frame) => frame.lines)
    expect(lines).toHaveLength(1000)
    expect(lines[0]).toBe('line 200')
    for (const frame of log.frames) agentToDaemonSchema.parse(frame)
  })

  test('puts lines of one attempt in one frame, in their order', () => {
    using log = createBatch()
    log.batch.add('a', first)
    log.batch.add('b', first)
    log.batch.add('c', second)
    log.batch.add('d')
    log.batch.flush()
    expect(log.frames).toEqual([
      { frame: 'log', attemptId: first, lines: ['a', 'b'] },
      { frame: 'log', attemptId: second, lines: ['c'] },
      { frame: 'log', lines: ['d'] },
    ])
  })

  test('makes lines inert and no longer than a frame may hold', () => {
    using log = createBatch()
    log.batch.add(`\u001b[2J${'x'.repeat(5000)}`)
    log.batch.flush()
    expect(log.frames[0]?.lines[0]).toMatch(/^\?\[2Jx{1996}$/)
  })
})
