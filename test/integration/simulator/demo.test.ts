import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

const program = join(import.meta.dirname, '../../../bin/repave')
const nobody = 65_534
/** Fifteen seconds on a machine of its own; others run beside this test. */
const patienceMs = 120_000

/** Without any right: as nobody where we are root. */
async function runDemo(...words: string[]): Promise<{ code: number | null; lines: string[] }> {
  const identity = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
  const child = spawn(program, ['demo', ...words], {
    ...identity,
    cwd: tmpdir(),
    env: { PATH: process.env['PATH'], HOME: '/nonexistent' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += part))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, lines: text.split('\n') }
}

describe('repave demo', () => {
  it('says which words it takes', async () => {
    const { code, lines } = await runDemo('--directroy', 'x')
    expect(code).toBe(2)
    expect(lines.join()).toContain('--directory')
  })

  it(
    'deploys three machines without any right, one of them after a power cut in its write',
    async () => {
      const before = performance.now()
      const { code, lines } = await runDemo('--plain')
      const seconds = (performance.now() - before) / 1000
      const text = lines.join('\n')
      expect(text).toContain('3 of 3 runs succeeded')
      expect(code).toBe(0)
      expect(text).toMatch(/node-3 .*write-image will be tried again after: ERR_ATTEMPT_LOST/)
      expect(text).toMatch(/node-3 .*write-image started \(try 2 of 3\)/)
      expect(text).not.toMatch(/node-[12] .*tried again/)
      console.log(`repave demo: ${seconds.toFixed(1)} s`)
    },
    patienceMs,
  )
})
