import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

import { describe, expect, it } from 'vitest'

import { layers } from '../layers.config.ts'

const execute = promisify(execFile)

interface Cruise {
  summary: {
    totalCruised: number
    violations: { from: string; to: string; rule: { name: string } }[]
  }
}

describe('layers', () => {
  it('holds every import to the table, and saw the whole tree while doing so', async () => {
    const args = ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src']
    const { stdout } = await execute('node_modules/.bin/depcruise', args, {
      maxBuffer: 64 * 1024 * 1024,
    })
    const { summary } = JSON.parse(stdout) as Cruise
    expect(summary.violations.map(({ from, to, rule }) => `${from} → ${to}: ${rule.name}`)).toEqual(
      [],
    )
    expect(summary.totalCruised).toBeGreaterThan(await countSources('src'))
  })

  it('has a row for every room', async () => {
    const rooms = await Promise.all(
      ['src', 'src/daemon'].map(async (folder) => {
        const entries = await readdir(folder, { withFileTypes: true })
        return entries
          .filter((entry) => entry.isDirectory())
          .map((entry) => `${folder}/${entry.name}`)
      }),
    )
    const expected = rooms.flat().filter((room) => room !== 'src/daemon')
    expect(Object.keys(layers)).toEqual(expect.arrayContaining(expected))
  })
})

describe('package-lock.json', () => {
  interface Lock {
    packages: Record<string, { hasInstallScript?: boolean; resolved?: string }>
  }
  const readLock = async () => JSON.parse(await readFile('package-lock.json', 'utf8')) as Lock

  it('names no package that needs its install script', async () => {
    const { packages } = await readLock()
    const scripted = Object.entries(packages).filter(([, entry]) => entry.hasInstallScript === true)
    // Both ship their binaries as packages and work with scripts ignored, as .npmrc has it.
    const harmless = ['node_modules/koffi', 'node_modules/esbuild']
    expect(scripted.map(([path]) => path).filter((path) => !harmless.includes(path))).toEqual([])
  })

  it('holds no download address', async () => {
    const { packages } = await readLock()
    expect(Object.values(packages).filter((entry) => entry.resolved !== undefined)).toEqual([])
  })
})

async function countSources(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true })
  return entries.filter((entry) => entry.endsWith('.ts')).length
}
