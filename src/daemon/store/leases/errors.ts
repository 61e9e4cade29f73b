import { CodedError } from '../../../base/coded-error.ts'

/** The lease log is broken in the middle: leases that clients were told of cannot be read. */
export class LeaseLogDamagedError extends CodedError {
  readonly code = 'ERR_LEASE_LOG_DAMAGED'
  readonly path: string

  constructor(path: string) {
    super(`the lease log ${path} is damaged`, {
      remedy:
        `nothing was changed; restore ${path} from your backup, or move it away: the daemon then ` +
        `starts without leases, tries each address before it lends it, and clients that renew are told to ask anew`,
    })
    this.path = path
  }
}
