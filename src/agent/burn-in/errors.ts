import { CodedError } from '../../base/coded-error.ts'

/** The hardware gave back something else than it was given. Trying again proves nothing. */
export class BurnInFailedError extends CodedError {
  readonly code = 'ERR_BURN_IN_FAILED'

  constructor(reason: string) {
    super(`burn-in: ${reason}`, { remedy: 'replace the part before anything is deployed here' })
  }
}
