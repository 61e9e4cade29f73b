import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { parseIpv4Address } from '../../../src/base/ipv4-address.ts'
import type { NewEvent } from '../../../src/contract/event.ts'
import { memoryBootFile } from '../../../src/daemon/servers/boot-files/memory-boot-file.ts'
import type { RunningServer } from '../../../src/daemon/servers/running-server.ts'
import { startTftpServer } from '../../../src/daemon/servers/tftp/tftp-server.ts'
import { realClock } from '../../fakes/real-clock.ts'
import { createSilentLogger } from '../../fakes/silent-logger.ts'

const run = promisify(execFile)

/** Sizes around block borders, a boot program's size, and one that takes thousands of blocks. */
const files = new Map(
  [0, 1, 511, 512, 513, 1468, 1468 * 3, 74_213, 3_000_000].map((sizeBytes) => [
    `ipxe/file-${sizeBytes}`,
    randomBytes(sizeBytes),
  ]),
)
const facts = { contentType: 'application/octet-stream' }
const events: NewEvent[] = []
let server: RunningServer
let port: string
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-tftp-'))
  server = await startTftpServer({
    address: parseIpv4Address('127.0.0.1'),
    port: 0,
    routes: [
      async ({ path }) => {
        const bytes = files.get(path)
        return bytes === undefined ? undefined : memoryBootFile(bytes, facts)
      },
    ],
    clock: realClock,
    logger: createSilentLogger(),
    events: { record: (event) => events.push(event) },
    mtuBytes: 1500,
  })
  port = /:(\d+)\//.exec(server.endpoint)?.[1] ?? ''
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

async function curl(path: string, ...options: string[]): Promise<Buffer> {
  const output = join(directory, 'curl')
  await rm(output, { force: true })
  await run('curl', ['-s', '-f', ...options, '-o', output, `tftp://127.0.0.1:${port}/${path}`])
  return readFile(output)
}

async function tftpHpa(path: string): Promise<Buffer> {
  const output = join(directory, 'hpa')
  await rm(output, { force: true })
  const commands = ['-m', 'binary', '127.0.0.1', port, '-c', 'get', path, output]
  const { stdout } = await run('tftp', commands)
  if (stdout.includes('Error code')) throw new Error(stdout)
  return readFile(output)
}

async function atftp(path: string, ...options: string[]): Promise<Buffer> {
  const output = join(directory, 'atftp')
  await rm(output, { force: true })
  await run('atftp', ['-g', '-r', path, '-l', output, ...options, '127.0.0.1', port])
  return readFile(output)
}

interface NpmClient {
  get(remote: string, local: string, callback: (error?: Error) => void): void
}

async function npmTftp(path: string, options: object): Promise<Buffer> {
  const { createClient } = createRequire(import.meta.url)('tftp') as {
    createClient: (options: object) => NpmClient
  }
  const client = createClient({ host: '127.0.0.1', port: Number(port), ...options })
  const output = join(directory, 'npm')
  await rm(output, { force: true })
  await new Promise<void>((resolve, reject) => {
    client.get(path, output, (error) => (error === undefined ? resolve() : reject(error)))
  })
  return readFile(output)
}

describe(startTftpServer, () => {
  test.each([
    ['curl', curl],
    ['tftp-hpa', tftpHpa],
    ['atftp', atftp],
  ])('T08 %s is told that a file does not exist', async (_name, get) => {
    await expect(get('ipxe/nothing-here')).rejects.toThrow()
  })

  describe.each([...files.keys()])('T11 %s arrives whole', (path) => {
    test('with curl without options', async () => {
      expect(await curl(path, '--tftp-no-options')).toEqual(files.get(path))
    })

    test('with tftp-hpa', async () => {
      expect(await tftpHpa(path)).toEqual(files.get(path))
    })

    test('with atftp and a window of eight blocks', async () => {
      const options = ['--option', 'blksize 1428', '--option', 'windowsize 8']
      expect(await atftp(path, ...options)).toEqual(files.get(path))
    })
  })

  // curl takes a size of 0 in the OACK for a mistake.
  test.each([...files.keys()].filter((path) => !path.endsWith('-0')))(
    '%s arrives whole with curl and its tsize, blksize and timeout',
    async (path) => {
      expect(await curl(path, '--tftp-blksize', '1468')).toEqual(files.get(path))
    },
  )

  test.each([1, 4, 16])('C-T05 the npm client with a window of %i blocks', async (windowSize) => {
    const path = 'ipxe/file-3000000'
    expect(await npmTftp(path, { windowSize, blockSize: 1468 })).toEqual(files.get(path))
  })

  test('each transfer is an event with what an operator asks about', async () => {
    events.length = 0
    await curl('ipxe/file-74213', '--tftp-blksize', '1024')
    await expect.poll(() => events.length).toBe(1)
    expect(events[0]).toMatchObject({
      type: 'tftp',
      action: 'sent',
      key: '127.0.0.1',
      body: { path: 'ipxe/file-74213', sizeBytes: 74_213, blockBytes: 1024 },
    })
  })
})
