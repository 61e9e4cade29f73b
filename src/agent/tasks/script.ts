import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { CodedError, messageOf } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import { scriptExits } from '../../contract/workflow.ts'
import { OutputLines } from '../output-lines.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

type ScriptOrder = Extract<TaskOrder, { action: 'script' }>

/** How long a script that is told to stop may take to clean up. */
const graceMs = 3000

/** The script ended with a code that is no promise, or could not be run. */
export class ScriptFailedError extends CodedError {
  readonly code = 'ERR_SCRIPT_FAILED'
  readonly exitCode: number | undefined

  constructor(reason: string, exitCode?: number) {
    super(`the script ${reason}`, { remedy: 'its lines are in the log of the run' })
    this.exitCode = exitCode
  }

  override shouldRetry(): boolean {
    return true
  }
}

/**
 * Runs the script with `sh`, in a process group of its own that does not outlive the task. Its last word
 * is its exit code; what that asks of the machine is done when the daemon has the result.
 *
 * @throws {ScriptFailedError} for every exit code that {@link scriptExits} does not know
 */
export async function runScript(
  world: Pick<AgentWorld, 'reboot' | 'poweroff'>,
  { script, environment, secretVariables = [] }: ScriptOrder,
  { signal, log: logPlain }: Pick<TaskContext, 'signal' | 'log'>,
): Promise<TaskOutcome> {
  signal.throwIfAborted()
  const secrets = secretVariables.map((name) => [name, environment[name] ?? ''] as const)
  const log = (line: string) => logPlain(withoutSecrets(line, secrets))
  const directory = await mkdtemp(join(tmpdir(), 'script-'))
  try {
    const file = join(directory, 'script.sh')
    await writeFile(file, script, { mode: 0o700 })
    const exitCode = await runToItsEnd(file, environment, signal, log)
    signal.throwIfAborted()
    const exit = scriptExits.get(exitCode)
    if (exit === undefined)
      throw new ScriptFailedError(`failed with exit code ${exitCode}`, exitCode)
    const facts = { exitCode }
    if (exit.next !== 'reboot' && exit.next !== 'poweroff') return { facts }
    log(`exit code ${exitCode}: ${exit.next} as soon as the daemon has acknowledged this`)
    return { facts, afterAcknowledged: world[exit.next] }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Shorter ones would make every line unreadable, and keep nothing secret. */
const shortestHidden = 4

/** The line with each secret, and each line of one, replaced by the name of its variable. */
function withoutSecrets(line: string, secrets: readonly (readonly [string, string])[]): string {
  return secrets.reduce(
    (text, [name, secret]) =>
      secret
        .split(/\r?\n/)
        .filter((part) => part.trim().length >= shortestHidden)
        .reduce((shown, part) => shown.replaceAll(part, `[${name}]`), text),
    line,
  )
}

function runToItsEnd(
  file: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { PATH = '/bin:/usr/bin', HOME = '/root' } = process.env
    const child = spawn('/bin/sh', [file], {
      detached: true,
      env: { PATH, HOME, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const lines = [new OutputLines(log), new OutputLines(log)]
    child.stdout.on('data', (part: Buffer) => lines[0]?.add(part))
    child.stderr.on('data', (part: Buffer) => lines[1]?.add(part))
    const stop = () => stopGroup(child)
    signal.addEventListener('abort', stop)
    child.on('error', (error) =>
      reject(new ScriptFailedError(`did not start: ${messageOf(error)}`)),
    )
    // Not `close`: something that the script left behind may hold its output open for ever.
    child.on('exit', (code, ended) => {
      signal.removeEventListener('abort', stop)
      setImmediate(() => {
        killGroup(child, 'SIGKILL')
        for (const one of lines) one.end()
        if (code === null) reject(new ScriptFailedError(`was ended by ${ended ?? 'a signal'}`))
        else resolve(code)
      })
    })
  })
}

function stopGroup(child: ChildProcess): void {
  killGroup(child, 'SIGTERM')
  setTimeout(() => {
    if (child.exitCode === null && child.signalCode === null) killGroup(child, 'SIGKILL')
  }, graceMs).unref()
}

function killGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody of the group is left.
  }
}
