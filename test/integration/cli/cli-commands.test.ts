import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runInWorld } from '../../../src/cli/main.ts'
import type { Image } from '../../../src/contract/api-documents.ts'
import { FakeOperatorApi, problem } from '../../fakes/fake-operator-api.ts'
import {
  runEvent,
  runningRun,
  sampleDigest,
  sampleId,
  sampleMachine,
  sampleRun,
  sampleTimeMs,
  succeededRun,
} from '../../fakes/sample-fleet.ts'

let folder: string
let api: FakeOperatorApi

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-cli-'))
  api = new FakeOperatorApi(join(folder, 'api.sock'))
  await api.start()
  for (const number of [1, 2]) api.machines.set(sampleId(number), sampleMachine(number))
  api.runs.set(sampleId(1, 'bb'), runningRun(1, 2))
})

afterEach(async () => {
  await api.stop()
  await rm(folder, { recursive: true })
})

async function repave(...argv: string[]) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const { signal } = new AbortController()
  const environment = { REPAVE_SOCKET: join(folder, 'api.sock') }
  const world = { stdout, stderr, stdin: new PassThrough(), environment, isRoot: true, signal }
  const exitCode = await runInWorld(argv, world)
  return { exitCode, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

const image: Image = {
  name: 'debian-12',
  version: '1',
  digest: sampleDigest('a'),
  rawDigest: sampleDigest('b'),
  rawBytes: 2 * 1024 ** 3,
  packBytes: 300 * 1024 ** 2,
  chunks: 512,
  zeroChunks: 100,
  importedAtMs: sampleTimeMs,
  state: 'ready' as const,
  signature: 'signed' as const,
}

describe('exit codes', () => {
  it.each([
    [400, 2],
    [401, 4],
    [403, 4],
    [404, 3],
    [409, 5],
    [422, 1],
    [500, 1],
    [503, 1],
  ])(
    'a refusal with status %i exits with %i, saying what and what to try',
    async (status, code) => {
      const json = problem(status, 'ERR_SAMPLE', 'it does not work', 'try harder')
      api.answer = () => ({ status, json })
      expect(await repave('machine', 'list')).toEqual({
        exitCode: code,
        out: '',
        err: 'error[ERR_SAMPLE]: it does not work\n  try   try harder\n',
      })
    },
  )

  it('an answer that is none of ours exits with 1', async () => {
    api.answer = () => ({ json: { items: [{ name: 7 }] } })
    const { exitCode, err } = await repave('machine', 'list')
    expect(exitCode).toBe(1)
    expect(err).toContain('ERR_DAEMON_ANSWER_INVALID')
    api.answer = () => ({ status: 502 })
    expect((await repave('machine', 'list')).err).toContain('answered 502')
  })

  it('a machine that is not known exits with 3', async () => {
    const { exitCode, err } = await repave('machine', 'show', 'node-3')
    expect(exitCode).toBe(3)
    expect(err).toContain('did you mean node-1, node-2?')
  })
})

describe('repave machine', () => {
  it('list prints a table', async () => {
    const { out } = await repave('machine', 'list')
    const [heading, first] = out.split('\n')
    expect(heading).toMatch(/^NAME +STATE +IMAGE +STAGE +MAC +ADDRESS +SEEN$/)
    expect(first).toMatch(/^node-1 +deploying +- +write +52:54:00:aa:bb:01 +- +\S+ ago$/)
  })

  it('show prints the machine and its plan', async () => {
    const { out } = await repave('machine', 'show', '525400aabb01')
    expect(out).toContain('disk       /dev/vda  10.0 GiB  serial DISK-1')
    expect(out).toMatch(/write +write-image +running +1\/3/)
  })

  it('add sends what it was told', async () => {
    api.answer = ({ path }) => (path === '/machines' ? { json: sampleMachine(3) } : undefined)
    const argv = ['--mac', '525400aabb03', '--workflow', 'deploy-image', '--image', 'debian-12']
    const { exitCode, out } = await repave('machine', 'add', 'node-3', ...argv, '-o', 'name')
    expect({ exitCode, out }).toEqual({ exitCode: 0, out: 'node-3\n' })
    expect(JSON.parse(String(api.requests[0]?.body))).toEqual({
      name: 'node-3',
      macAddress: '525400aabb03',
      workflow: 'deploy-image',
      params: { imageName: 'debian-12' },
    })
  })
})

describe('repave machine deploy', () => {
  it('changes nothing where nobody can confirm, and exits with 4', async () => {
    const { exitCode, err } = await repave('machine', 'deploy', 'node-1', '--image', 'debian-12')
    expect(exitCode).toBe(4)
    expect(err).toContain('--yes')
    expect(api.requests.map(({ method }) => method)).not.toContain('POST')
  })

  it('never sends a private key', async () => {
    const file = join(folder, 'id')
    await writeFile(file, '-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n')
    const argv = ['--image', 'debian-12', '--yes', '--ssh-key', file]
    const { exitCode, err } = await repave('machine', 'deploy', 'node-1', ...argv)
    expect(exitCode).toBe(3)
    expect(err).toContain(`${file}.pub`)
    expect(api.requests).toEqual([])
  })

  it('with --detach prints the id of the run, and sends keys and user data', async () => {
    const run = sampleRun(1)
    api.answer = ({ method }) => (method === 'POST' ? { status: 201, json: run } : undefined)
    await writeFile(join(folder, 'keys'), '# mine\nssh-ed25519 AAAA a\n\nssh-ed25519 BBBB b\n')
    await writeFile(join(folder, 'user'), '#cloud-config\n')
    const argv = [
      ...['--image', 'debian-12', '--hostname', 'web-1', '--detach', '--yes'],
      ...['--ssh-key', join(folder, 'keys'), '--user-data', join(folder, 'user')],
    ]
    const { exitCode, out, err } = await repave('machine', 'deploy', 'node-1', ...argv)
    expect({ exitCode, out, err }).toEqual({ exitCode: 0, out: `${run.id}\n`, err: '' })
    expect(JSON.parse(String(api.requests.at(-1)?.body))).toEqual({
      machine: sampleId(1),
      workflow: 'deploy-image',
      params: {
        imageName: 'debian-12',
        hostname: 'web-1',
        sshAuthorizedKeys: ['ssh-ed25519 AAAA a', 'ssh-ed25519 BBBB b'],
        userData: '#cloud-config\n',
      },
    })
  })

  it('follows the run to its end', async () => {
    api.answer = ({ method }) => {
      if (method !== 'POST') return undefined
      api.emit(runEvent(sampleRun(2), 'created'))
      return { status: 201, json: sampleRun(2) }
    }
    api.onSubscribed = () => {
      api.emit(runEvent(runningRun(2, 0), 'task-started'))
      api.emit(runEvent(succeededRun(2), 'succeeded'))
    }
    const { exitCode, out } = await repave('machine', 'deploy', 'node-2', '--image', 'd', '--yes')
    expect(exitCode).toBe(0)
    expect(out).toContain(`receipt   ${sampleDigest('c')}`)
  })
})

describe('repave run', () => {
  it('list prints the newest first', async () => {
    api.runs.set(sampleId(2, 'bb'), sampleRun(2, { createdAtMs: sampleTimeMs + 1 }))
    const { out } = await repave('run', 'list', '-o', 'name')
    expect(out).toBe(`${sampleId(2, 'bb')}\n${sampleId(1, 'bb')}\n`)
  })

  it('show, cancel and approve take the name of a machine', async () => {
    const path = `/runs/${sampleId(1, 'bb')}`
    api.answer = (request) => (request.method === 'POST' ? { json: runningRun(1, 2) } : undefined)
    expect((await repave('run', 'show', 'node-1')).out).toContain(sampleId(1, 'bb'))
    expect((await repave('run', 'cancel', 'node-1')).exitCode).toBe(0)
    expect((await repave('run', 'approve', 'node-1', '--note', 'seen')).exitCode).toBe(0)
    const posts = api.requests.filter(({ method }) => method === 'POST')
    expect(posts.map((request) => [request.path, String(request.body)])).toEqual([
      [`${path}/cancel`, ''],
      [`${path}/approve`, '{"note":"seen"}'],
    ])
  })
})

describe('repave image', () => {
  it('list, show and rm', async () => {
    api.images.set(image.name, image)
    expect((await repave('image', 'list')).out).toMatch(
      /debian-12 +1 +2\.0 GiB +300 MiB +ready +sha256:a{16}/,
    )
    expect((await repave('image', 'show', 'debian-12')).out).toContain('512, 100 of them zero')
    expect((await repave('image', 'show', 'debian-11')).exitCode).toBe(3)
    expect((await repave('image', 'rm', 'debian-12')).exitCode).toBe(4)
    expect((await repave('image', 'rm', 'debian-12', '--yes')).exitCode).toBe(0)
    expect(api.requests.at(-1)).toMatchObject({ method: 'DELETE', path: '/images/debian-12' })
  })

  it('import streams the file and prints what became of it', async () => {
    const bytes = Buffer.alloc(3 * 1024 ** 2, 7)
    const file = join(folder, 'disk.raw')
    await writeFile(file, bytes)
    api.answer = () => ({
      lines: [{ sourceBytes: 1, rawBytes: 1 }, { sourceBytes: 1, rawBytes: 2 }, { image }],
    })
    const { exitCode, out } = await repave('image', 'import', file, '--name', 'debian-12')
    expect(exitCode).toBe(0)
    expect(out).toBe(`debian-12  2.0 GiB  stored in 300 MiB  ${image.digest}\n`)
    expect(api.requests[0]).toMatchObject({
      path: '/images?name=debian-12&version=1&fileName=disk.raw',
    })
    expect(api.requests[0]?.body.equals(bytes)).toBe(true)
  })

  it('import takes name and version from the label that the builder has left', async () => {
    const file = join(folder, 'disk.raw')
    await writeFile(file, Buffer.alloc(1024))
    expect((await repave('image', 'import', file)).exitCode).toBe(2)
    const label = { format: 'repave-image-label/1', name: 'web', version: '12.15' }
    await writeFile(`${file}.label.json`, JSON.stringify(label))
    api.answer = () => ({ lines: [{ image }] })
    expect((await repave('image', 'import', file)).exitCode).toBe(0)
    expect(api.requests.at(-1)).toMatchObject({
      path: '/images?name=web&version=12.15&fileName=disk.raw',
    })
    await writeFile(`${file}.label.json`, '{}')
    expect((await repave('image', 'import', file)).err).toContain('is no image label')
  })

  it('import says why the daemon did not take the image', async () => {
    const file = join(folder, 'disk.raw')
    await writeFile(file, Buffer.alloc(1024))
    const fault = problem(409, 'ERR_IMAGE_EXISTS', 'there is one', 'repave image rm debian-12')
    api.answer = () => ({ lines: [{ sourceBytes: 1, rawBytes: 1 }, { problem: fault }] })
    expect(await repave('image', 'import', file, '--name', 'debian-12')).toMatchObject({
      exitCode: 5,
      out: '',
    })
    api.answer = () => ({ status: 400, json: problem(400, 'ERR_REQUEST_INVALID', 'bad name') })
    expect((await repave('image', 'import', file, '--name', 'x')).exitCode).toBe(2)
    api.answer = () => ({ lines: [{ sourceBytes: 1, rawBytes: 1 }] })
    expect((await repave('image', 'import', file, '--name', 'x')).err).toContain('went away')
  })

  it('import is done when the image is named, whether or not the answer has ended by then', async () => {
    const file = join(folder, 'disk.raw')
    await writeFile(file, Buffer.alloc(1024))
    api.answer = () => ({ lines: [{ sourceBytes: 1, rawBytes: 1 }, { image }], afterwards: 'open' })
    expect((await repave('image', 'import', file, '--name', 'debian-12')).exitCode).toBe(0)
  })

  it('import fails when the connection is cut before the image is named', async () => {
    const file = join(folder, 'disk.raw')
    await writeFile(file, Buffer.alloc(1024))
    api.answer = () => ({ lines: [{ sourceBytes: 1, rawBytes: 1 }], afterwards: 'cut' })
    expect((await repave('image', 'import', file, '--name', 'debian-12')).exitCode).not.toBe(0)
  })

  it('import refuses what is no file', async () => {
    expect((await repave('image', 'import', folder, '--name', 'x')).exitCode).toBe(3)
    expect((await repave('image', 'import', join(folder, 'no'), '--name', 'x')).exitCode).toBe(3)
  })

  it('import --if-missing leaves an image alone that is there', async () => {
    api.images.set(image.name, image)
    const argv = ['image', 'import', '/nonexistent', '--name', 'debian-12', '--if-missing']
    expect(await repave(...argv, '-o', 'name')).toEqual({
      exitCode: 0,
      out: 'debian-12\n',
      err: 'image debian-12 is there already\n',
    })
    expect(api.requests.map(({ method }) => method)).toEqual(['GET'])
  })
})

describe('repave status', () => {
  it('names the machines that need a person', async () => {
    api.machines.set(sampleId(2), sampleMachine(2, { state: 'failed' }))
    const status = {
      version: '0.1.0',
      startedAtMs: sampleTimeMs,
      interface: 'br0',
      provisioningUrl: 'http://10.77.0.1:8090',
      servers: [{ name: 'dhcp', endpoint: '10.77.0.1:67', counters: { offers: 3 } }],
      machines: 2,
      images: 1,
    }
    api.answer = ({ path }) => (path === '/status' ? { json: status } : undefined)
    const { out } = await repave('status')
    expect(out).toContain('attention  node-2 failed')
    expect(out).toMatch(/dhcp +10\.77\.0\.1:67 +offers 3/)
  })
})
