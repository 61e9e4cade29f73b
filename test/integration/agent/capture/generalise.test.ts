import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { runScripts } from '../../../../src/agent/capture/generalise.ts'

const ownScript = fileURLToPath(
  new URL('../../../../src/sledgehammer/root/lib/repave/generalise.sh', import.meta.url),
)
let directory = ''
const root = () => join(directory, 'root')

async function put(path: string, text = 'this machine alone'): Promise<void> {
  await mkdir(dirname(join(root(), path)), { recursive: true })
  await writeFile(join(root(), path), text)
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'generalise-'))
  await mkdir(root())
})
afterEach(() => rm(directory, { recursive: true }))

describe(runScripts, () => {
  test('a script of the site that fails says so', async () => {
    await expect(
      runScripts(root(), directory, 'echo not today >&2; exit 3', ownScript),
    ).rejects.toMatchObject({
      code: 'ERR_CAPTURE_TOOL_FAILED',
      message: expect.stringContaining('not today'),
    })
  })

  test('links in the captured system lead nothing out of it', async () => {
    const outside = join(directory, 'outside')
    await mkdir(join(outside, 'ssh'), { recursive: true })
    await writeFile(join(outside, 'machine-id'), 'of the machine that captures')
    await writeFile(join(outside, 'ssh', 'ssh_host_ed25519_key'), 'of the machine that captures')
    await symlink(outside, join(root(), 'etc'))
    await runScripts(root(), directory, undefined, ownScript)
    expect(await readFile(join(outside, 'machine-id'), 'utf8')).toBe('of the machine that captures')
    expect(existsSync(join(outside, 'ssh', 'ssh_host_ed25519_key'))).toBe(true)
  })

  test('takes machine-id, host keys, card names and the past of cloud-init, and nothing else', async () => {
    const identity = [
      'etc/ssh/ssh_host_ed25519_key',
      'etc/ssh/ssh_host_ed25519_key.pub',
      'etc/udev/rules.d/70-persistent-net.rules',
      'etc/netplan/50-cloud-init.yaml',
      'var/lib/dbus/machine-id',
      'var/lib/cloud/instance/user-data.txt',
      'var/lib/systemd/random-seed',
      'var/lib/dhcp/dhclient.eth0.leases',
    ]
    const kept = ['etc/ssh/sshd_config', 'etc/udev/rules.d/60-disk.rules', 'etc/hosts', 'srv/data']
    for (const path of [...identity, ...kept, 'etc/machine-id']) await put(path)
    await runScripts(root(), directory, 'echo "$1" >"$1/srv/site"', ownScript)
    expect(identity.filter((path) => existsSync(join(root(), path)))).toEqual([])
    expect(kept.filter((path) => !existsSync(join(root(), path)))).toEqual([])
    expect(await readFile(join(root(), 'etc/machine-id'), 'utf8')).toBe('')
    expect(await readFile(join(root(), 'srv/site'), 'utf8')).toBe(`${root()}\n`)
  })

  test('is plain sh', () => {
    expect(() => execFileSync('busybox', ['sh', '-n', ownScript])).not.toThrow()
  })
})
