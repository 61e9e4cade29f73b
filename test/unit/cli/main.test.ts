import { PassThrough } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { runInWorld } from '../../../src/cli/main.ts'

const otherCommands = ['serve', 'lab', 'tui']

async function run(...argv: string[]) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const { signal } = new AbortController()
  const world = { stdout, stderr, stdin: new PassThrough(), environment: {}, isRoot: false, signal }
  const exitCode = await runInWorld(argv, world, otherCommands)
  return { exitCode, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

const pages = [
  ['machine'],
  ['machine', 'list'],
  ['machine', 'show'],
  ['machine', 'add'],
  ['machine', 'deploy'],
  ['run'],
  ['run', 'list'],
  ['run', 'show'],
  ['run', 'watch'],
  ['run', 'cancel'],
  ['run', 'approve'],
  ['image'],
  ['image', 'list'],
  ['image', 'show'],
  ['image', 'import'],
  ['image', 'rm'],
  ['event'],
  ['event', 'watch'],
  ['status'],
  ['wait'],
  ['completion'],
  ['options'],
]

describe(runInWorld, () => {
  it('offers the nearest command for one that it does not know', async () => {
    const { exitCode, out, err } = await run('machin')
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(err).toBe(
      "error[ERR_USAGE]: unknown command 'machin'\n  try   Did you mean machine?\n  try   repave help\n",
    )
    expect((await run('run', 'wacth')).err).toContain('Did you mean watch?')
    expect((await run('sevre')).err).toContain('try   repave serve')
  })

  it.each([
    [['machine']],
    [['machine', 'add', 'node-1']],
    [['machine', 'deploy', 'node-1']],
    [['machine', 'list', '--nonsense']],
    [['machine', 'list', '-o', 'xml']],
    [['machine', 'deploy', 'a', 'b', '--image', 'x', '--hostname', 'c']],
    [['event', 'watch', 'a b']],
    [['image', 'import', '--name', 'x']],
    [['machin', '--help']],
  ])('says on stderr alone what is wrong with %j, and exits with 2', async (argv) => {
    const { exitCode, out, err } = await run(...argv)
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' })
    expect(err).not.toBe('')
  })

  it('exits with 6 when no daemon answers, and says what to try', async () => {
    const { exitCode, out, err } = await run('status', '--socket', '/nonexistent/api.sock')
    expect({ exitCode, out }).toEqual({ exitCode: 6, out: '' })
    expect(err.split('\n').map((line) => line.slice(0, 8))).toEqual([
      'error[ER',
      '  why   ',
      '  try   ',
      '',
    ])
  })

  it.each(['options', 'exit-codes', 'environment', 'output', 'external-dhcp'])(
    'tells about %s behind the word help',
    async (topic) => {
      const { exitCode, out, err } = await run('help', topic)
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
      expect(out.split('\n').length).toBeGreaterThan(5)
    },
  )

  it('tells its version where no daemon answers', async () => {
    for (const words of [['version'], ['--version']]) {
      const { exitCode, out } = await run(...words, '--socket', '/nonexistent/api.sock')
      expect(exitCode).toBe(0)
      expect(out).toMatch(/^repave {2}\d+\.\d+\.\d+\nnode {4}\d.*\ndaemon {2}none that answers\n$/)
    }
  })

  it('exits with 130 when the person has interrupted', async () => {
    const interruption = new AbortController()
    interruption.abort()
    const world = {
      stdout: new PassThrough(),
      stderr: new PassThrough(),
      stdin: new PassThrough(),
      environment: {},
      isRoot: false,
      signal: interruption.signal,
    }
    expect(await runInWorld(['machine', 'list'], world)).toBe(130)
  })

  it.each(pages)('ends the help of "%s %s" with at least two examples', async (...words) => {
    const argv = words.filter((word) => typeof word === 'string')
    const { exitCode, out, err } = await run(...argv, '--help')
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' })
    expect(out).toMatch(/Examples:\n(?: {2}repave [^\n]+\n){2,}$/)
  })
})
