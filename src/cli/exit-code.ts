import { CommanderError } from 'commander'

import { CodedError } from '../base/coded-error.ts'

/** What the command's exit code says. */
export const exitCodes = {
  done: 0,
  /** The requested work failed. */
  failed: 1,
  usage: 2,
  /** Not found, or ambiguous. */
  notFound: 3,
  /** Not allowed, or not confirmed. */
  refused: 4,
  conflict: 5,
  unreachable: 6,
  timedOut: 7,
  contentInvalid: 8,
  interrupted: 130,
} as const

/** An error that knows its exit code. */
export abstract class CliError extends CodedError {
  abstract readonly exitCode: number
}

/** The exit code for anything that a command threw. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CliError) return thrown.exitCode
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : exitCodes.usage
  return exitCodes.failed
}
