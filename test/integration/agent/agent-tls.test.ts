import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, describe, expect, test } from 'vitest'

import { startAgent } from '../../../src/agent/start-agent.ts'
import { StatusPage } from '../../../src/agent/status-page.ts'
import type { AgentWorld } from '../../../src/agent/tasks/task-context.ts'
import { speakTlsBesidePlain } from '../../../src/daemon/servers/http/tls-beside-plain.ts'
import { createAgentWorld } from '../../fakes/agent-world.ts'
import { FakeDaemon } from '../../fakes/fake-daemon.ts'
import { startImageServer } from '../../fakes/image-server.ts'
import { attachLoopDevice } from '../../fakes/loop-device.ts'
import { machineCertificates } from '../../fakes/machine-certificates.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { createSignedImage, patternBytes } from '../../fakes/signed-image.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const directory = mkdtempSync(join(tmpdir(), 'repave-agent-tls-'))
afterAll(() => rmSync(directory, { recursive: true }))

const imageBytes = 3 * 1024 * 1024
const image = createSignedImage(patternBytes(imageBytes))
const timing = { shortestWaitMs: 10, longestWaitMs: 50, staleAfterMs: 200 }

/** Serves an image and agents' frames on one port, over TLS and without. */
async function startTlsDaemon() {
  const certificates = await machineCertificates(directory)
  const files = await startImageServer(image)
  const given = { tls: certificates.server, clock: realClock, logger: createSilentLogger() }
  speakTlsBesidePlain(files.server, given)
  const daemon = FakeDaemon.attach(files.server, 'https')
  return {
    ...{ files, daemon, authority: certificates.authority },
    [Symbol.asyncDispose]: async () => {
      await daemon[Symbol.asyncDispose]()
      await files[Symbol.asyncDispose]()
    },
  }
}

/** What the console shows, and a promise of the agent's wish to boot again. */
function start(world: AgentWorld) {
  const shown: string[] = []
  const console = { kind: 'line' as const, write: (text: string) => shown.push(text.trim()) }
  const page = new StatusPage([console], world.clock, { agentVersion: 'test', doing: 'starting' })
  const { promise: rebooted, resolve } = Promise.withResolvers<void>()
  const restless = { ...world, reboot: async () => resolve() }
  const agent = startAgent({ world: restless, token: 't', page, uptimeMs: () => 1, timing })
  const text = () => shown.join('\n')
  return { text, rebooted, [Symbol.dispose]: () => agent[Symbol.dispose]() }
}

describe('the agent over TLS', () => {
  test('of another authority, or of none, it joins nobody: it says what to do and boots again', async () => {
    await using site = await startTlsDaemon()
    const other = await machineCertificates(join(directory, 'other'))
    for (const authority of [other.authority, undefined]) {
      using world = createAgentWorld(site.daemon.url, [], { authority })
      using agent = start(world)
      await agent.rebooted
      expect(agent.text()).toContain('ERR_DAEMON_UNTRUSTED')
      expect(agent.text()).toContain('boot again')
    }
    expect(site.daemon.frames).toEqual([])
  })

  test('does not take a certificate of its own authority for another address', async () => {
    const elsewhere = await machineCertificates(join(directory, 'elsewhere'), ['10.9.9.9'])
    await using files = await startImageServer(image)
    const given = { tls: elsewhere.server, clock: realClock, logger: createSilentLogger() }
    speakTlsBesidePlain(files.server, given)
    await using daemon = FakeDaemon.attach(files.server, 'https')
    using world = createAgentWorld(daemon.url, [], { authority: elsewhere.authority })
    using agent = start(world)
    await agent.rebooted
    expect(agent.text()).toContain('ERR_TLS_CERT_ALTNAME_INVALID')
    expect(daemon.frames).toEqual([])
  })

  test('boots again when the daemon speaks no TLS any more', async () => {
    await using daemon = await FakeDaemon.start()
    const { authority } = await machineCertificates(directory)
    using world = createAgentWorld(daemon.url.replace('http', 'https'), [], { authority })
    using agent = start(world)
    await agent.rebooted
    expect(agent.text()).toContain('ERR_DAEMON_UNTRUSTED')
  })

  test('boots again when the daemon wants TLS and this boot knows of none', async () => {
    await using files = await startImageServer(image)
    files.server.on('upgrade', (_request, socket) => {
      // The agent does not wait for the end.
      socket.on('error', () => {})
      socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n')
    })
    using world = createAgentWorld(files.url, [])
    using agent = start(world)
    await agent.rebooted
    expect(agent.text()).toContain('answered 426')
  })

  test('joins, and writes an image whose manifest it gets over TLS and whose chunks without', async () => {
    await using site = await startTlsDaemon()
    using loop = attachLoopDevice(8 * 1024 * 1024)
    const { authority, daemon, files } = site
    using world = createAgentWorld(daemon.url, [image.trustedKey], { authority })
    using agent = start(world)
    await daemon.frame('hello')
    daemon.order({
      action: 'write-image',
      ...{ imageName: 'test-image', imageDigest: image.imageDigest, disk: loop.disk },
      ...{ manifestPath: files.manifestPath, packPath: files.packPath },
    })
    expect(await daemon.frame('result')).toMatchObject({ outcome: 'succeeded' })
    expect(files.rangeRequests.length).toBeGreaterThan(0)
    expect(agent.text()).not.toContain('ERR_')
    const written = readFileSync(loop.disk.path).subarray(0, imageBytes)
    expect(written.equals(patternBytes(imageBytes))).toBe(true)
  })
})
