import { execFile } from 'node:child_process'

import { CaptureToolError } from './errors.ts'

const longestOutputBytes = 256 * 1024 * 1024
const usualLongestMs = 600_000

export interface ToolOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** After which it is stopped. Default ten minutes. */
  readonly longestMs?: number
}

/**
 * Runs a program to its end, without a shell, and gives its standard output.
 *
 * @throws {CaptureToolError} when it is missing, fails, or does not end in its time
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
      else reject(new CaptureToolError(program, stderr.toString().trim() || error.message))
    })
  })
}
