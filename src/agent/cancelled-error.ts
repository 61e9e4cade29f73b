import { CodedError } from '../base/coded-error.ts'

/** The daemon asked to stop. What was done so far stays as it is; an image half written cannot boot. */
export class CancelledError extends CodedError {
  readonly code = 'ERR_CANCELLED'

  constructor() {
    super('stopped because the daemon asked for it')
  }
}
