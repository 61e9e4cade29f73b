import { describe, expect, it } from 'vitest'

import type { Logger } from '../../../../src/base/logger.ts'
import { runUntilStopped } from '../../../../src/daemon/process/run-until-stopped.ts'
import { firstDeath, ServerDiedError } from '../../../../src/daemon/process/running-daemon.ts'

function recordingLogger() {
  const messages: string[] = []
  const record = (_facts: object, message: string) => messages.push(message)
  const logger: Logger = {
    debug: record,
    info: record,
    warn: record,
    error: record,
    child: () => logger,
  }
  return { logger, messages }
}

const never = new Promise<never>(() => undefined)

function daemon(parts: { died?: Promise<never>; dispose?: () => Promise<void> } = {}) {
  const state = { disposed: 0 }
  return {
    state,
    died: parts.died ?? never,
    async [Symbol.asyncDispose]() {
      state.disposed++
      await parts.dispose?.()
    },
  }
}

describe(runUntilStopped, () => {
  it('stops everything with exit code 1 when one server dies', async () => {
    const { logger, messages } = recordingLogger()
    const dying = Promise.withResolvers<void>()
    const died = firstDeath([
      { name: 'http', closed: new Promise(() => undefined) },
      { name: 'tftp', closed: dying.promise },
    ])
    const running = daemon({ died })
    const exitCode = runUntilStopped(running, logger, new AbortController().signal)
    dying.reject(new Error('socket gone'))
    expect(await exitCode).toBe(1)
    expect(running.state.disposed).toBe(1)
    expect(messages).toEqual(['a server died, stopping all', 'stopped'])
    await expect(died).rejects.toThrow(
      new ServerDiedError('tftp', new Error('socket gone')).message,
    )
  })

  it('treats a server that closes by itself as dead', async () => {
    const died = firstDeath([{ name: 'dhcp', closed: Promise.resolve() }])
    await expect(died).rejects.toMatchObject({ code: 'ERR_SERVER_DIED', server: 'dhcp' })
  })

  it('drains and ends with 0 when it is asked to stop (S17)', async () => {
    const { logger, messages } = recordingLogger()
    const stop = new AbortController()
    const running = daemon()
    const exitCode = runUntilStopped(running, logger, stop.signal)
    stop.abort('SIGTERM')
    expect(await exitCode).toBe(0)
    expect(running.state.disposed).toBe(1)
    expect(messages).toEqual(['stopping', 'stopped'])
  })

  it('does not wait for ever for transfers that never end (S17)', async () => {
    const { logger, messages } = recordingLogger()
    const stop = AbortSignal.abort('SIGTERM')
    const running = daemon({ dispose: () => never })
    expect(await runUntilStopped(running, logger, stop, 10)).toBe(0)
    expect(messages).toEqual(['stopping', 'stopped with transfers under way'])
  })
})
