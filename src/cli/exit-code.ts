import { CommanderError } from 'commander'

import { CodedError } from '../base/coded-error.ts'
import { ContextUnknownError } from '../operator-client/contexts.ts'
import {
  DaemonProblemError,
  DaemonUnreachableError,
  ReadOnlyError,
} from '../operator-client/errors.ts'

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
  /** Of `content plan --detailed-exitcode`: something would change. */
  wouldChange: 9,
  interrupted: 130,
} as const

/** An error that knows its exit code. */
export abstract class CliError extends CodedError {
  abstract readonly exitCode: number
}

/** The exit code for anything that a command threw. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof CliError) return thrown.exitCode
  if (thrown instanceof DaemonUnreachableError) return exitCodes.unreachable
  if (thrown instanceof ReadOnlyError) return exitCodes.refused
  if (thrown instanceof ContextUnknownError) return exitCodes.notFound
  if (thrown instanceof DaemonProblemError) return exitCodeOfStatus(thrown.status)
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : exitCodes.usage
  return exitCodes.failed
}

function exitCodeOfStatus(status: number): number {
  if (status === 400) return exitCodes.usage
  if (status === 401 || status === 403) return exitCodes.refused
  if (status === 404) return exitCodes.notFound
  if (status === 409 || status === 412) return exitCodes.conflict
  return exitCodes.failed
}
