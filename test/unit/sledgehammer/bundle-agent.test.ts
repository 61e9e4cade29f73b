import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { bundleAgent } from '../../../src/sledgehammer/bundle-agent.ts'
import { AgentBundleError } from '../../../src/sledgehammer/errors.ts'

const directory = mkdtempSync(join(tmpdir(), 'repave-bundle-'))
afterAll(() => rmSync(directory, { recursive: true }))

const bundleSource = async (source: string): Promise<string> => {
  const entryPoint = join(directory, 'agent.ts')
  writeFileSync(entryPoint, source)
  return Buffer.from(await bundleAgent(entryPoint)).toString()
}

describe('bundleAgent', () => {
  it.each([
    ['does not parse', 'const = 1'],
    ['imports what is not there', "import './absent.ts'"],
  ])('refuses source that %s', async (_name, source) => {
    await expect(bundleSource(source)).rejects.toThrow(AgentBundleError)
  })

  it('gives the same bytes twice, and they run as CommonJS', async () => {
    const source = "import { machine } from 'node:os'\nconsole.log(machine().length > 0)\n"
    const bundle = await bundleSource(source)
    expect(await bundleSource(source)).toBe(bundle)
    const result = spawnSync(process.execPath, ['-e', bundle], { encoding: 'utf8' })
    expect(result.stdout).toBe('true\n')
  })

  it('keeps the real agent small: no translations, no schemas that it does not use', async () => {
    const agent = fileURLToPath(new URL('../../../src/agent/main.ts', import.meta.url))
    expect((await bundleAgent(agent)).length).toBeLessThan(300 * 1024)
  })
})
