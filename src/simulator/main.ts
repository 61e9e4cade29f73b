import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Command, CommanderError } from 'commander'

import { runDemo } from './demo/run-demo.ts'

const program = fileURLToPath(new URL('../../bin/repave', import.meta.url))

/** `repave demo`: a tour with simulated machines. @returns the exit code: 0 when all of them are deployed */
export async function runDemoCommand(argv: readonly string[]): Promise<number> {
  const command = new Command('repave demo')
    .description('Deploy three simulated machines, and watch. Needs no rights and no network.')
    .option(
      '--directory <folder>',
      'keep logs, consoles and disks there (default: nothing is kept)',
    )
    .option('--plain', 'plain lines even on a terminal', false)
    .exitOverride()
    .addHelpText('after', '\nExamples:\n  repave demo\n  repave demo --plain --directory demo')
  try {
    command.parse([...argv], { from: 'user' })
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    return thrown.exitCode === 0 ? 0 : 2
  }
  const { directory, plain } = command.opts<{ directory?: string; plain: boolean }>()
  const isScreen = process.stdout.isTTY && process.stdin.isTTY && !plain
  const interruption = new AbortController()
  const interrupt = () => interruption.abort(new Error('interrupted'))
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, interrupt)
  try {
    return await runDemo({
      ...(directory === undefined ? {} : { directory: resolve(directory) }),
      ...(isScreen ? { follow: followOnScreen } : {}),
      print: (line) => process.stdout.write(`${line}\n`),
      signal: interruption.signal,
    })
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, interrupt)
  }
}

/** The terminal UI, as a program of its own. */
async function followOnScreen(socketPath: string): Promise<number> {
  const child = spawn(program, ['tui', '--exit-when-done', '--socket', socketPath], {
    stdio: 'inherit',
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
