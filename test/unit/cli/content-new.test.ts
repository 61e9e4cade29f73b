import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runInWorld } from '../../../src/cli/main.ts'
import { contentKinds } from '../../../src/contract/content-kinds.ts'
import { loadContent } from '../../../src/daemon/store/content/load-content.ts'

const shipped = fileURLToPath(new URL('../../..', import.meta.url))
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repave-new-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function begin(...words: string[]) {
  const text = { out: '', err: '' }
  const stdout = new PassThrough().on('data', (part) => (text.out += String(part)))
  const stderr = new PassThrough().on('data', (part) => (text.err += String(part)))
  const stdin = Readable.from([])
  const { signal } = new AbortController()
  const world = { stdout, stderr, stdin, environment: {}, isRoot: true, signal }
  const exitCode = await runInWorld(['content', 'new', ...words, '--folder', folder], world)
  return { exitCode, ...text }
}

describe('repave content new', () => {
  it('refuses a kind and a name that are none', async () => {
    expect(await begin('workflo', 'greet')).toMatchObject({ exitCode: 2, out: '' })
    const { exitCode, err } = await begin('workflow', '../greet')
    expect(exitCode).toBe(2)
    expect(err).toContain('"../greet" is no name')
  })

  it('leaves a document that is there as it is', async () => {
    const { out } = await begin('profile', 'rack-a')
    const before = await readFile(out.trim(), 'utf8')
    expect(await begin('profile', 'rack-a')).toMatchObject({ exitCode: 5, out: '' })
    expect(await readFile(out.trim(), 'utf8')).toBe(before)
  })

  it('prints the document where nothing is to be written', async () => {
    const { exitCode, out } = await begin('param', 'console', '--dry-run')
    expect(exitCode).toBe(0)
    expect(out).toContain('\nname: console\n')
    await expect(readFile(join(folder, 'params/console/param.yaml'))).rejects.toThrow('ENOENT')
  })

  it('begins a document of every kind, and each is in order as it stands', async () => {
    for (const { kind, folder: kindFolder, fileName } of contentKinds) {
      const { out } = await begin(kind, 'my-own')
      expect(out).toBe(`${join(folder, kindFolder, 'my-own', fileName)}\n`)
    }
    const content = await loadContent([shipped, folder])
    const own = content.objects.filter(({ layer }) => layer === 1)
    expect(own.map(({ kind }) => kind).toSorted()).toEqual(
      contentKinds.map(({ kind }) => kind).toSorted(),
    )
  })
})
