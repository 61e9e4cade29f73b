import { CliError, exitCodes } from './exit-code.ts'

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

/** A file that would be written is there already. */
export class FileExistsError extends CliError {
  readonly code = 'ERR_FILE_EXISTS'
  readonly exitCode = exitCodes.conflict
}

/** Nobody on this host keeps what the machine says on its serial line. */
export class ConsoleUnknownError extends CliError {
  readonly code = 'ERR_CONSOLE_UNKNOWN'
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
