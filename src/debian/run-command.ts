import { spawn } from 'node:child_process'

export interface CommandResult {
  /** Exit status; 127 when there is no such command, 128 when a signal ended it. */
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd?: string
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Called with each whole line of standard output as it appears. */
  readonly onLine?: (line: string) => void
}

/** How this room reaches the host's programs; a test hands in its own. */
export type RunCommand = (
  command: string,
  args: readonly string[],
  options?: CommandOptions,
) => Promise<CommandResult>

/** Runs one program to its end, without a shell and with an empty standard input. Never rejects. */
export const runCommand: RunCommand = (command, args, options = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, LC_ALL: 'C.UTF-8', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    const lines = lineSplitter(options.onLine ?? (() => {}))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      lines(text)
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', (error) => {
      resolve({ exitCode: 127, stdout, stderr: error.message })
    })
    child.on('close', (exitCode) => {
      resolve({ exitCode: exitCode ?? 128, stdout, stderr })
    })
  })

function lineSplitter(onLine: (line: string) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) onLine(part)
  }
}
