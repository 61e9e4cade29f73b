import { CodedError } from '../../base/coded-error.ts'

/** The order was to let the drive erase itself, and it cannot or would not. */
export class DriveEraseError extends CodedError {
  readonly code = 'ERR_DRIVE_ERASE'

  constructor(path: string, reason: string) {
    super(`${path} cannot erase itself: ${reason}`, {
      remedy: 'use `method: best` or `zero`: then it is overwritten',
    })
  }
}

/** Some of several disks are wiped, and others are not. */
export class WipeIncompleteError extends CodedError {
  readonly code = 'ERR_WIPE_INCOMPLETE'
  readonly #mayRetry: boolean

  constructor(failures: readonly string[], total: number, mayRetry: boolean) {
    super(
      `${failures.length} of ${total} disks are not wiped: ${failures.join('; ')}`.slice(0, 1900),
      { remedy: 'take these disks out of the machine and destroy them, or protect them' },
    )
    this.#mayRetry = mayRetry
  }

  override shouldRetry(): boolean {
    return this.#mayRetry
  }
}
