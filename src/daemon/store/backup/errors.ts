import { CodedError } from '../../../base/coded-error.ts'

/** A backup that cannot be used; nothing was restored from it. */
export class BackupUnusableError extends CodedError {
  readonly code = 'ERR_BACKUP_UNUSABLE'

  constructor(because: string, cause?: unknown) {
    super(`this backup cannot be used: ${because}`, {
      ...(cause === undefined ? {} : { cause }),
      remedy: 'take another one; check each when it is made: repave db check FILE',
    })
  }
}

/** Restoring would write over what is there. */
export class RestoreRefusedError extends CodedError {
  readonly code = 'ERR_RESTORE_REFUSED'

  constructor(because: string, remedy: string) {
    super(`nothing was restored: ${because}`, { remedy })
  }
}
