import { CodedError } from '../base/coded-error.ts'
import { runCommand } from '../debian/run-command.ts'

/** The lab's network could not be made or removed. */
export class LabNetworkError extends CodedError {
  readonly code = 'ERR_LAB_NETWORK'
  readonly command: string

  constructor(command: string, output: string) {
    super(`${command}: ${output.trim()}`, {
      remedy: 'a lab needs root, network namespaces and /dev/net/tun',
    })
    this.command = command
  }
}

/**
 * Runs `ip` with these arguments and gives what it printed.
 *
 * @throws {LabNetworkError} when it refuses
 */
export async function ipCommand(...args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand('ip', args)
  if (exitCode !== 0) throw new LabNetworkError(`ip ${args.join(' ')}`, stderr)
  return stdout
}
