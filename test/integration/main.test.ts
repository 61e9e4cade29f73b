import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-bin-'))
})
afterEach(() => rm(directory, { recursive: true }))

const run = (program: string, ...words: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(program, words, { cwd: directory }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })

describe('bin/repave', () => {
  it('says how to install the dependencies when they are not there', async () => {
    await mkdir(join(directory, 'bin'))
    await cp(join(root, 'bin/repave'), join(directory, 'bin/repave'))
    const { code, stderr } = await run(join(directory, 'bin/repave'), 'serve')
    expect(code).toBe(1)
    expect(stderr).toContain('error[ERR_NOT_INSTALLED]')
    expect(stderr).toContain(`cd ${directory} && npm ci`)
  })

  it('lists every program, also through a symbolic link in another folder', async () => {
    await symlink(join(root, 'bin/repave'), join(directory, 'repave'))
    const { code, stdout } = await run(join(directory, 'repave'), '--help')
    expect(code).toBe(0)
    for (const word of ['serve', 'start', 'config', 'machine', 'image', 'tui', 'lab']) {
      expect(stdout).toMatch(new RegExp(`^  ${word}\\b`, 'm'))
    }
  })

  it('shows the same to whoever says nothing, as a wrong use', async () => {
    const { code, stdout } = await run(join(root, 'bin/repave'))
    expect(code).toBe(2)
    expect(stdout).toContain('Usage: repave')
  })

  it('shows the flags of the daemon with their variables', async () => {
    const { code, stdout } = await run(join(root, 'bin/repave'), 'serve', '--help')
    expect(code).toBe(0)
    expect(stdout).toContain('--pool-first <IP>')
    expect(stdout).toContain('[REPAVE_DHCP_POOL_FIRST]')
    expect((await run(join(root, 'bin/repave'), 'serve', '--colour')).code).toBe(2)
    expect((await run(join(root, 'bin/repave'), 'config', 'show')).code).toBe(2)
  })

  it('does not start on a Node that would crash, and says which one it needs', async () => {
    const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})`
    const { code, stderr } = await run(
      process.execPath,
      '--import',
      pretend,
      join(root, 'src/main.ts'),
      'serve',
    )
    expect(code).toBe(1)
    expect(stderr).toContain('error[ERR_NODE_TOO_OLD]: needs Node >= 24.12, this is 20.20.2')
  })
})
