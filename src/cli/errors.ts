import type { Problem } from '../contract/api-documents.ts'
import { CliError, exitCodes } from './exit-code.ts'

/** No daemon answers there. */
export class DaemonUnreachableError extends CliError {
  readonly code = 'ERR_DAEMON_UNREACHABLE'
  readonly exitCode = exitCodes.unreachable
  readonly endpoint: string

  constructor(endpoint: string, cause: unknown) {
    const denied = (cause as { code?: unknown } | undefined)?.code === 'EACCES'
    super(`cannot reach the daemon at ${endpoint}`, {
      cause,
      remedy: denied
        ? 'run this as the user who runs the daemon'
        : 'start one with "repave serve", or say where it is with --socket PATH',
    })
    this.endpoint = endpoint
  }

  override shouldRetry(): boolean {
    return true
  }
}

/** The daemon answered something that is not of this interface: another version, or another program. */
export class DaemonAnswerError extends CliError {
  readonly code = 'ERR_DAEMON_ANSWER_INVALID'
  readonly exitCode = exitCodes.failed
}

/** The daemon refused, and said why. */
export class DaemonProblemError extends CliError {
  readonly code: string
  readonly exitCode: number
  readonly status: number

  constructor(problem: Problem) {
    super(problem.detail, { remedy: problem.remedy ?? '' })
    this.code = problem.code
    this.status = problem.status
    this.exitCode = exitCodeOfStatus(problem.status)
  }
}

function exitCodeOfStatus(status: number): number {
  if (status === 400) return exitCodes.usage
  if (status === 401 || status === 403) return exitCodes.refused
  if (status === 404) return exitCodes.notFound
  if (status === 409) return exitCodes.conflict
  return exitCodes.failed
}

/** Nothing, or more than one thing, goes by that name. */
export class ReferenceUnresolvedError extends CliError {
  readonly code = 'ERR_REFERENCE_UNRESOLVED'
  readonly exitCode = exitCodes.notFound
}

/** What was typed makes no sense. */
export class UsageError extends CliError {
  readonly code = 'ERR_USAGE'
  readonly exitCode = exitCodes.usage
}

/** A destructive command was not confirmed. */
export class NotConfirmedError extends CliError {
  readonly code = 'ERR_NOT_CONFIRMED'
  readonly exitCode = exitCodes.refused
}

/** A file that was named cannot be read, or is not what it should be. */
export class FileUnusableError extends CliError {
  readonly code = 'ERR_FILE_UNUSABLE'
  readonly exitCode = exitCodes.notFound
}

/** A receipt that proves nothing. */
export class ReceiptRefusedError extends CliError {
  readonly code = 'ERR_RECEIPT_REFUSED'
  readonly exitCode = exitCodes.failed

  constructor(reason: string) {
    super(`the receipt proves nothing: ${reason}`, {
      remedy: 'get it anew: repave receipt show RUN --output json',
    })
  }
}
