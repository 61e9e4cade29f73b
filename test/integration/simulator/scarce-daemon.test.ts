import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { eventListSchema, runListSchema } from '../../../src/contract/api-documents.ts'
import { statusSchema } from '../../../src/contract/status-documents.ts'
import { askDaemon } from '../../../src/operator-client/daemon-request.ts'
import { openSimulatedSite } from '../../fakes/simulated-site.ts'

const connections = 100

async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  await Promise.race([once(socket, 'connect'), once(socket, 'close'), sleep(1000)])
  return socket
}

describe('a daemon without means', () => {
  it('keeps on lending addresses while it has no file descriptor left, and goes on when it has (S14)', async () => {
    await using site = await openSimulatedSite(['none'])
    const { child, connection } = site.daemon
    const { provisioningUrl } = await askDaemon(connection, { path: '/status' }, statusSchema)
    const used = readdirSync(`/proc/${child.pid}/fd`).length
    const limit = (count: number) =>
      execFileSync('prlimit', [`--pid=${child.pid}`, `--nofile=${count}:`])
    limit(used + 4)
    const sockets = await Promise.all(
      Array.from({ length: connections }, () => connectTo(Number(new URL(provisioningUrl).port))),
    )
    site.rack.powerOnAll()
    await sleep(2000)
    const freedAtMs = Date.now()
    limit(1024)
    for (const socket of sockets) socket.destroy()
    const stateOf = async () =>
      (await askDaemon(connection, { path: '/runs' }, runListSchema)).items[0]?.state
    await expect.poll(stateOf, { interval: 250 }).toBe('succeeded')
    expect([child.exitCode, child.signalCode]).toEqual([null, null])
    const path = '/events?topic=dhcp.ack.*&limit=1'
    const { items } = await askDaemon(connection, { path }, eventListSchema)
    expect(items[0]?.timeMs).toBeLessThan(freedAtMs)
  }, 120_000)

  it('lends an address within two seconds on a tenth of a processor (S15)', async () => {
    await using site = await openSimulatedSite(['none'])
    const { child, connection } = site.daemon
    const stop = new AbortController()
    // What a control group does, by hand: ten milliseconds of every hundred.
    const throttle = (async () => {
      while (!stop.signal.aborted) {
        child.kill('SIGSTOP')
        await sleep(90)
        child.kill('SIGCONT')
        await sleep(10)
      }
    })()
    const poweredMs = Date.now()
    site.rack.powerOnAll()
    await sleep(4000)
    stop.abort()
    await throttle
    const path = '/events?topic=dhcp.ack.*&limit=1'
    await expect
      .poll(async () => (await askDaemon(connection, { path }, eventListSchema)).items.length)
      .toBe(1)
    const { items } = await askDaemon(connection, { path }, eventListSchema)
    expect((items[0]?.timeMs ?? 0) - poweredMs).toBeLessThan(2000)
    expect([child.exitCode, child.signalCode]).toEqual([null, null])
  }, 120_000)
})
