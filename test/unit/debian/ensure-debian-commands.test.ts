import { describe, expect, it } from 'vitest'
import { ensureDebianCommands } from '../../../src/debian/ensure-debian-commands.ts'
import type { RunCommand } from '../../../src/debian/run-command.ts'

describe('ensureDebianCommands', () => {
  const asked: string[] = []
  const run: RunCommand = (_command, args) => {
    asked.push(args.at(-1) ?? '')
    return Promise.resolve({ exitCode: 0, stdout: `${args.at(-1)}\tinstalled\n`, stderr: '' })
  }

  it('asks dpkg only about packages whose command is absent', async () => {
    const packageOf = { sh: 'dash', 'no-such-command-here': 'some-package' }
    await ensureDebianCommands(packageOf, { log: () => {}, run })
    expect(asked).toEqual(['some-package'])
  })
})
