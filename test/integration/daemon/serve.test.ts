import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'

const run = promisify(execFile)
const repave = fileURLToPath(new URL('../../../bin/repave', import.meta.url))

/*
 *   namespace `inside`                 namespace `outside`
 *   lab0 10.77.0.1/24  ------ veth ------  client0 (no address)
 */
const inside = `repave-in-${process.pid}`
const outside = `repave-out-${process.pid}`
const ip = (...words: string[]) => run('ip', words)

beforeAll(async () => {
  await ip('netns', 'add', inside)
  await ip('netns', 'add', outside)
  await ip('-n', inside, 'link', 'add', 'lab0', 'type', 'veth', 'peer', 'client0', 'netns', outside)
  await ip('-n', inside, 'addr', 'add', '10.77.0.1/24', 'dev', 'lab0')
  await ip('-n', inside, 'link', 'set', 'lab0', 'up')
  await ip('-n', inside, 'link', 'set', 'lo', 'up')
  await ip('-n', outside, 'link', 'set', 'client0', 'up')
})
afterAll(async () => {
  await ip('netns', 'del', inside)
  await ip('netns', 'del', outside)
})

let dataDir: string
const children: ChildProcess[] = []
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'repave-serve-'))
  await mkdir(join(dataDir, 'sledgehammer'))
  await writeFile(join(dataDir, 'sledgehammer', 'vmlinuz'), 'kernel')
  await writeFile(join(dataDir, 'sledgehammer', 'initramfs.zst'), 'initramfs')
})
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await rm(dataDir, { recursive: true })
})

class Daemon {
  readonly child: ChildProcess
  readonly exited: Promise<number | string>
  output = ''

  /** Started by `launcher`, which is given the daemon's own words. */
  constructor(launcher: readonly string[], ...flags: string[]) {
    const command = ['netns', 'exec', inside, ...launcher, repave, 'serve', '--data-dir', dataDir]
    this.child = spawn('ip', [...command, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(this.child)
    this.child.stdout?.on('data', (text: Buffer) => (this.output += text.toString()))
    this.child.stderr?.on('data', (text: Buffer) => (this.output += text.toString()))
    this.exited = once(this.child, 'close').then(
      ([code, signal]) => (code as number | null) ?? String(signal),
    )
  }

  /** Resolves when operators are answered; rejects with what the daemon said when it ends instead. */
  async ready(): Promise<this> {
    while (this.child.exitCode === null && this.child.signalCode === null) {
      if ((await call('/healthz').catch(() => undefined))?.status === 200) return this
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(this.output)
  }
}

/** Without looking around for other DHCP servers first, which takes a while. */
const serve = (...flags: string[]) =>
  new Daemon([], '--interface', 'lab0', '--dhcp', 'server', ...flags)

function call(path: string, method = 'GET', body?: Buffer) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/octet-stream' }
    const socketPath = join(dataDir, 'api.sock')
    const options = { socketPath, path, method, headers, timeout: 20_000 }
    const outgoing = request(options, (response) => {
      let text = ''
      response.on('data', (piece: Buffer) => (text += piece.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    outgoing.on('error', reject)
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${path}`)))
    outgoing.end(body)
  })
}

async function list(kind: 'subnets' | 'leases'): Promise<object[]> {
  return (JSON.parse((await call(`/api/v1/${kind}`)).text) as { items: object[] }).items
}

interface EventPage {
  readonly items: readonly { type: string; action: string; body: Record<string, unknown> }[]
  readonly seq: number
  readonly next: number
}

/** What the first event of `content` with this action says. */
async function contentEvent(wanted: 'refused' | 'reloaded'): Promise<Record<string, unknown>> {
  let since = 0
  const found = async () => {
    const page = JSON.parse((await call(`/api/v1/events?since=${since}`)).text) as EventPage
    since = page.next
    return page.items.find(({ type, action }) => type === 'content' && action === wanted)?.body
  }
  let body: Record<string, unknown> | undefined
  await expect.poll(async () => (body = await found()), { interval: 20 }).toBeDefined()
  return body ?? {}
}

async function writeContent(folder: string, path: string, text: string): Promise<string> {
  const file = join(folder, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text)
  return file
}

function subnetText(lastDigits: '10-20' | '30-40'): string {
  const [first, last] = lastDigits.split('-')
  return `name: rack\nnetwork: 10.77.0.0/24\npools: [10.77.0.${first}-10.77.0.${last}]\n`
}

/** The address that a client in the other namespace was given. */
async function requestAddress(): Promise<string | undefined> {
  const { stdout, stderr } = await run('ip', [
    ...['netns', 'exec', outside, 'udhcpc'],
    ...['-i', 'client0', '-n', '-q', '-f', '-t', '5', '-s', '/bin/true'],
  ])
  return /lease of (\S+) obtained/.exec(`${stdout}${stderr}`)?.[1]
}

const curl = async (...words: string[]) => {
  const command = ['netns', 'exec', inside, 'curl', '--silent', '--show-error', ...words]
  return (await run('ip', command, { encoding: 'buffer', maxBuffer: 2 ** 26 })).stdout
}

describe('repave serve', () => {
  it('keeps what it has compiled for the next start as soon as it is ready, so that a kill costs no time', async () => {
    const compiled = join(dataDir, 'compiled')
    const launcher = ['env', `NODE_COMPILE_CACHE=${compiled}`]
    await new Daemon(launcher, '--interface', 'lab0', '--dhcp', 'server').ready()
    const countFiles = async () => (await readdir(compiled, { recursive: true })).length
    await expect.poll(countFiles).toBeGreaterThan(10)
  })

  it('says which interfaces there are when it is told none, and ends with 3', async () => {
    const daemon = new Daemon([])
    expect(await daemon.exited).toBe(3)
    expect(daemon.output).toContain('error[ERR_INTERFACE_UNKNOWN]')
    expect(daemon.output).toContain('with one of: lab0')
  })

  it('points into a wrong settings file, all faults at once, and ends with 8', async () => {
    const file = join(dataDir, 'wrong.yaml')
    await writeFile(file, 'interfase: lab0\nlogLevel: loud\n')
    const daemon = serve('--config', file)
    expect(await daemon.exited).toBe(8)
    expect(daemon.output).toContain(
      `${file}:1:1 unknown key "interfase", did you mean "interface"?\n  interfase: lab0\n  ^`,
    )
    expect(daemon.output).toContain(`${file}:2:11 logLevel: expected one of`)
  })

  it('points into wrong content, and ends with 8 with nothing listening', async () => {
    await mkdir(join(dataDir, 'content/workflows/mine'), { recursive: true })
    const file = join(dataDir, 'content/workflows/mine/workflow.yaml')
    await writeFile(file, 'name: mine\nstages: nothing\n')
    const daemon = serve('--content', join(dataDir, 'content'))
    expect(await daemon.exited).toBe(8)
    expect(daemon.output).toContain(`${file}:2:9 stages: expected a list, found text "nothing"`)
    expect(daemon.output).not.toContain('listening')
  })

  it('names the process that has its port, and ends with 5', async () => {
    const holder = spawn('ip', [
      ...['netns', 'exec', inside, process.execPath, '-e'],
      "require('net').createServer().listen(8090, '10.77.0.1', () => console.log('up'))",
    ])
    children.push(holder)
    await once(holder.stdout, 'data')
    const daemon = serve()
    expect(await daemon.exited).toBe(5)
    expect(daemon.output).toContain(`10.77.0.1:8090/tcp is taken by node (pid ${holder.pid})`)
  })

  it('refuses a data directory that another daemon uses, and leaves that one alone', async () => {
    const first = await serve().ready()
    const second = serve()
    expect(await second.exited).toBe(5)
    expect(second.output).toContain('error[ERR_STORE_LOCKED]')
    expect((await call('/healthz')).status).toBe(200)
    first.child.kill('SIGTERM')
    expect(await first.exited).toBe(0)
  })

  it('lends an address, serves TFTP and HTTP, and keeps what it learnt over a restart', async () => {
    const daemon = await serve().ready()
    expect((await stat(join(dataDir, 'api.sock'))).mode & 0o777).toBe(0o600)
    await requestAddress()
    expect((await curl('tftp://10.77.0.1/ipxe/undionly.kpxe')).length).toBeGreaterThan(50_000)
    const base = 'http://10.77.0.1:8090/boot'
    expect((await curl(`${base}/sledgehammer/vmlinuz`)).toString()).toBe('kernel')
    const script = await curl(`${base}/script.ipxe?mac=52:54:00:aa:bb:01&platform=bios`)
    expect(script.toString()).toContain('repave.url=https://10.77.0.1:8090')

    const status = JSON.parse((await call('/api/v1/status')).text) as {
      servers: { name: string; counters: Record<string, number> }[]
    }
    expect(status.servers.map(({ name }) => name)).toEqual(['http', 'tftp', 'operators', 'dhcp'])
    expect(status).toMatchObject({ interface: 'lab0', machines: 1 })

    daemon.child.kill('SIGKILL')
    await daemon.exited
    expect(existsSync(join(dataDir, 'api.sock'))).toBe(true)
    const again = await serve().ready()
    const { items } = JSON.parse((await call('/api/v1/machines')).text) as { items: object[] }
    expect(items).toMatchObject([{ name: 'm-525400aabb01' }])
    again.child.kill('SIGINT')
    expect(await again.exited).toBe(0)
    expect(existsSync(join(dataDir, 'api.sock'))).toBe(false)
  })

  it('reads its content again on SIGHUP, whole or not at all, and keeps every lease', async () => {
    const content = join(dataDir, 'content')
    const subnet = await writeContent(content, 'subnets/rack/subnet.yaml', subnetText('10-20'))
    const daemon = await serve('--content', content).ready()
    const lent = await requestAddress()
    const before = await list('subnets')
    expect(before).toMatchObject([{ name: 'rack', pools: ['10.77.0.10-10.77.0.20'] }])

    // One file is right, the other is not: neither comes into force.
    await writeFile(subnet, subnetText('30-40'))
    const workflow = await writeContent(content, 'workflows/mine/workflow.yaml', 'name: mine\n')
    const more = await writeContent(
      content,
      'subnets/more/subnet.yaml',
      'name: more\nnetwork: 10.78.0.0/24\npools: [10.79.0.1-10.79.0.9]\n',
    )
    daemon.child.kill('SIGHUP')
    const refused = await contentEvent('refused')
    expect(refused).toMatchObject({ code: 'ERR_DOCUMENT_INVALID', reason: '2 faults in 2 files' })
    expect(refused['faults']).toEqual([
      expect.stringContaining(`${workflow}:1:1 stages: `),
      expect.stringContaining(`${more}:3:9 pools[0]: `),
    ])
    expect(daemon.output).toContain(`${more}:3:9 pools[0]: `)
    expect(await list('subnets')).toEqual(before)

    // Right as files, but of an interface that is not there.
    await rm(dirname(workflow), { recursive: true })
    await writeFile(
      more,
      'name: more\nnetwork: 10.78.0.0/24\ninterface: lab7\npools: [10.78.0.9]\n',
    )
    daemon.child.kill('SIGHUP')
    await expect.poll(() => daemon.output).toContain('this machine has no interface lab7')
    expect(await list('subnets')).toEqual(before)

    await rm(dirname(more), { recursive: true })
    daemon.child.kill('SIGHUP')
    expect(await contentEvent('reloaded')).toMatchObject({ subnets: 1 })
    expect(await list('subnets')).toMatchObject([{ pools: ['10.77.0.30-10.77.0.40'] }])
    expect(await list('leases')).toMatchObject([{ address: lent, state: 'bound' }])
    expect(await requestAddress()).toMatch(/^10\.77\.0\.(3\d|40)$/)
    daemon.child.kill('SIGTERM')
    expect(await daemon.exited).toBe(0)
  })

  it('answers on a socket that the service manager opened and holds', async () => {
    const manager = fileURLToPath(new URL('service-manager-process.ts', import.meta.url))
    const launcher = [process.execPath, manager, 'lab0']
    const daemon = new Daemon(launcher, '--interface', 'lab0', '--dhcp', 'server')
    await daemon.ready()
    expect(await requestAddress()).toMatch(/^10\.77\.0\./)
    daemon.child.kill('SIGTERM')
    expect(await daemon.exited).toBe(0)
    expect(daemon.output).not.toContain('of no use here')
  })

  it('hands the keys of its images to the machines, behind the initramfs as it was built', async () => {
    const daemon = await serve('--dhcp', 'off').ready()
    const served = await curl('http://10.77.0.1:8090/boot/sledgehammer/initramfs.zst')
    expect(served.subarray(0, 9).toString()).toBe('initramfs')
    const archive = join(dataDir, 'archive')
    await writeFile(archive, served.subarray(12))
    const listing = await run('sh', ['-c', `cpio --quiet -i --to-stdout '*.json' < ${archive}`])
    // The one that signs now, and the one that comes after it.
    const key = {
      keyId: expect.stringMatching(/^[0-9a-f]{16}$/),
      publicKeyBase64: expect.any(String),
    }
    expect(JSON.parse(listing.stdout)).toEqual([key, key])
    expect(daemon.output).not.toContain('sledgehammer build')
  })

  it('takes an image from an operator and serves it to machines', async () => {
    await serve('--dhcp', 'off').ready()
    const raw = Buffer.alloc(6 * 1024 * 1024)
    raw.fill('repave', 1024 * 1024, 5 * 1024 * 1024)
    const answer = await call('/api/v1/images?name=tiny&version=1', 'POST', gzipSync(raw))
    const last = JSON.parse(answer.text.trim().split('\n').at(-1) ?? '') as {
      image: { digest: string; rawBytes: number }
    }
    expect(last.image.rawBytes).toBe(raw.length)
    const hex = last.image.digest.slice('sha256:'.length)
    const signed = JSON.parse(
      (await curl(`http://10.77.0.1:8090/images/${hex}/manifest.json`)).toString(),
    )
    expect(signed).toMatchObject({ keyId: expect.stringMatching(/^[0-9a-f]{16}$/) })
    const refused = await call(
      '/api/v1/images?name=odd',
      'POST',
      Buffer.from('QFI\u00fb'.repeat(500), 'latin1'),
    )
    expect(JSON.parse(refused.text.trim().split('\n').at(-1) ?? '')).toMatchObject({
      problem: { code: expect.stringMatching(/^ERR_/) },
    })
  })

  it('ends with 0 on SIGTERM while an operator watches and a machine downloads (S17)', async () => {
    await mkdir(join(dataDir, 'sledgehammer'), { recursive: true })
    await writeFile(join(dataDir, 'sledgehammer', 'vmlinuz'), Buffer.alloc(64 * 1024 * 1024, 1))
    const daemon = await serve('--dhcp', 'off').ready()
    const watcher = new WebSocket(`ws+unix:${join(dataDir, 'api.sock')}:/api/v1/ws`)
    await once(watcher, 'open')
    const goodbye = once(watcher, 'close')
    const slow = spawn('ip', [
      ...[
        'netns',
        'exec',
        inside,
        'curl',
        '--silent',
        '--limit-rate',
        '1M',
        '--output',
        '/dev/null',
      ],
      'http://10.77.0.1:8090/boot/sledgehammer/vmlinuz',
    ])
    children.push(slow)
    const curlEnded = once(slow, 'exit')
    await expect
      .poll(async () => JSON.parse((await call('/api/v1/status')).text))
      .toMatchObject({ servers: [{ counters: { 'http.connections': 1 } }, {}, {}] })
    daemon.child.kill('SIGTERM')
    expect(await daemon.exited).toBe(0)
    expect((await goodbye)[0]).toBe(1001)
    await curlEnded
  })
})

describe('repave config explain', () => {
  it('shows each value with its origin', async () => {
    const environment = { ...process.env, REPAVE_LOG_LEVEL: 'debug' }
    const { stdout } = await run(repave, ['config', 'explain', '--lease-seconds', '900'], {
      env: environment,
      cwd: dataDir,
    })
    expect(stdout).toMatch(/^dhcp\.leaseSeconds\s+900\s+flag --lease-seconds$/m)
    expect(stdout).toMatch(/^logLevel\s+debug\s+environment REPAVE_LOG_LEVEL$/m)
    expect(stdout).toMatch(/^ports\.tftp\s+69\s+default$/m)
    expect(stdout).toMatch(/^interface\s+-\s+not set \(--interface, REPAVE_INTERFACE\)$/m)
  })
})
