import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

import { afterEach, describe, expect, it } from 'vitest'

import { fetchManifest } from '../../../../src/agent/block-writer/fetch-manifest.ts'

const servers: AsyncDisposableStack[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server[Symbol.asyncDispose]()
})

/** Answers the first, the second and every further request as it is told. */
async function serve(answers: readonly RequestListener[]) {
  let asked = 0
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked++, answers.length - 1)]
    answer?.(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stack = new AsyncDisposableStack()
  stack.defer(() => new Promise((resolve) => server.close(() => resolve())))
  servers.push(stack)
  const { port } = server.address() as AddressInfo
  return { url: new URL(`http://127.0.0.1:${port}/manifest.json`), asked: () => asked }
}

const hangUp: RequestListener = (request) => request.socket.destroy()
const status =
  (code: number): RequestListener =>
  (_request, response) =>
    response.writeHead(code).end()
const whole: RequestListener = (_request, response) => response.end('{}')
const { signal } = new AbortController()

describe(fetchManifest, () => {
  it('gives up a refusal at once, and after the last try what would not pass', async () => {
    const refusing = await serve([status(404)])
    const asked = { signal, waitsMs: [1, 1] }
    await expect(fetchManifest(refusing.url, asked)).rejects.toThrow('answered 404')
    expect(refusing.asked()).toBe(1)
    const gone = await serve([hangUp])
    await expect(fetchManifest(gone.url, asked)).rejects.toMatchObject({ code: 'ERR_FETCH_FAILED' })
    expect(gone.asked()).toBe(3)
    const alone = await serve([hangUp])
    await expect(fetchManifest(alone.url, { signal })).rejects.toThrow('socket hang up')
    expect(alone.asked()).toBe(1)
  })

  it('does not come again when the task has been cancelled', async () => {
    const cancel = new AbortController()
    const server = await serve([
      (request) => {
        cancel.abort(new Error('cancelled'))
        request.socket.destroy()
      },
    ])
    const asked = { signal: cancel.signal, waitsMs: [1, 1] }
    await expect(fetchManifest(server.url, asked)).rejects.toThrow('cancelled')
    expect(server.asked()).toBe(1)
  })

  it('does not wait on when the task is cancelled meanwhile', async () => {
    const cancel = new AbortController()
    const server = await serve([hangUp])
    setTimeout(() => cancel.abort(new Error('cancelled')), 50)
    const asked = { signal: cancel.signal, waitsMs: [600_000] }
    await expect(fetchManifest(server.url, asked)).rejects.toThrow('cancelled')
  })

  it('outlasts a daemon that hangs up, and one that says to come again', async () => {
    const server = await serve([hangUp, status(503), whole])
    expect(await fetchManifest(server.url, { signal, waitsMs: [1, 1] })).toBe('{}')
    expect(server.asked()).toBe(3)
  })
})
