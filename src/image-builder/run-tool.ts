import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

import { ImageBuildStepError } from './errors.ts'

export interface ToolOptions {
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Called with each whole line the tool prints, on either channel. */
  readonly onLine?: (line: string) => void
}

/** How many of a tool's last lines a failure carries. */
const keptLines = 40

/**
 * Runs one program to its end, without a shell, and returns what it wrote to standard output.
 *
 * @throws {ImageBuildStepError} when it cannot be started or its exit status is not 0
 */
export async function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions = {},
): Promise<string> {
  // Told to those tools alone that are to follow it.
  const { SOURCE_DATE_EPOCH: _ours, ...inherited } = process.env
  const child = spawn(command, args, {
    // The same language and time zone wherever it is built.
    env: { ...inherited, LC_ALL: 'C.UTF-8', TZ: 'UTC', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const written: string[] = []
  const recent: string[] = []
  const remember = (line: string) => {
    recent.push(line)
    if (recent.length > keptLines) recent.shift()
    options.onLine?.(line)
  }
  createInterface({ input: child.stdout }).on('line', (line) => {
    written.push(line)
    remember(line)
  })
  createInterface({ input: child.stderr }).on('line', remember)
  const { promise: ended, resolve } = Promise.withResolvers<string | undefined>()
  child.on('error', (error) => resolve(error.message))
  child.on('close', (status) => resolve(status === 0 ? undefined : `exit status ${status}`))
  const failure = await ended
  if (failure !== undefined) {
    throw new ImageBuildStepError(command, [...recent, failure].join('\n'))
  }
  return written.join('\n')
}
