import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const start = join(root, '.cache/commands/start.js')
const run = promisify(execFile)

const sayOf = async (program: string, ...words: string[]) => {
  const options = ['--disable-warning=ExperimentalWarning', program, ...words]
  return (await run(process.execPath, options)).stdout
}

describe('bundled commands', () => {
  beforeAll(() => run(process.execPath, [join(root, 'scripts/bundle-commands.ts')]))

  it('are left alone once a source of theirs is not as it was', async () => {
    const place = await mkdtemp(join(tmpdir(), 'repave-bundle-'))
    onTestFinished(() => rm(place, { recursive: true }))
    await mkdir(join(place, 'src'))
    await mkdir(join(place, '.cache/commands'), { recursive: true })
    const moved = join(place, '.cache/commands/start.js')
    await copyFile(start, moved)
    await writeFile(join(place, 'src/main.ts'), "console.log('sources' as string)\n")
    expect(await sayOf(moved)).toBe('sources\n')
  })

  it('say what the sources say', async () => {
    const lines = [
      ['help'],
      ['machine', '--help'],
      ['completion', 'bash'],
      ['tui', '--help'],
      ['serve', '--help'],
    ]
    for (const words of lines) {
      expect(await sayOf(start, ...words)).toBe(await sayOf(join(root, 'src/main.ts'), ...words))
    }
  })

  it('leave other programs to their sources', async () => {
    expect(await sayOf(start, 'image', 'build', '--help')).toContain('Usage: repave image build')
    expect(await sayOf(start, 'sledgehammer', '--help')).toContain('Usage: repave sledgehammer')
  })
})
