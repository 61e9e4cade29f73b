import { execFile } from 'node:child_process'

import { CodedError } from '../../base/coded-error.ts'

const longestOutputBytes = 256 * 1024 * 1024
const usualLongestMs = 600_000

/** A program of sledgehammer is missing, failed, or did not end in its time. */
export class ToolFailedError extends CodedError {
  readonly code = 'ERR_TOOL_FAILED'
  readonly program: string
  /** What it said, or the system of it. */
  readonly reason: string

  constructor(program: string, reason: string) {
    super(`${program} failed: ${reason}`.slice(0, 1900), {
      remedy: 'the console of the machine has what the kernel said to it (dmesg)',
    })
    this.program = program
    this.reason = reason
  }
}

export interface ToolOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** After which it is stopped. Default ten minutes. */
  readonly longestMs?: number
}

/**
 * Runs a program to its end, without a shell, and gives its standard output.
 *
 * @throws {ToolFailedError}
 */
export function runTool(
  program: string,
  args: readonly string[],
  { environment = {}, longestMs = usualLongestMs }: ToolOptions = {},
): Promise<Buffer> {
  const env = { ...process.env, LC_ALL: 'C', ...environment }
  return new Promise((resolve, reject) => {
    const options = { env, maxBuffer: longestOutputBytes, timeout: longestMs, encoding: 'buffer' }
    execFile(program, args, options as { encoding: 'buffer' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new ToolFailedError(program, stderr.toString().trim() || error.message))
    })
  })
}
