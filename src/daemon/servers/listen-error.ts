import { CodedError, messageOf } from '../../base/coded-error.ts'

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program listens there: stop it, or choose another address or port.',
  EACCES: 'Ports below 1024 need root or CAP_NET_BIND_SERVICE.',
  EADDRNOTAVAIL: 'No interface of this machine has that address.',
}

/** A server cannot listen where it was told to. */
export class ListenError extends CodedError {
  readonly code = 'ERR_LISTEN'
  /** For people: `10.77.0.1:69/udp`. */
  readonly endpoint: string

  constructor(endpoint: string, cause: unknown) {
    const systemCode = (cause as NodeJS.ErrnoException | undefined)?.code ?? ''
    super(`cannot listen on ${endpoint}: ${messageOf(cause)}`, {
      cause,
      remedy: remedies[systemCode] ?? '',
    })
    this.endpoint = endpoint
  }

  override shouldRetry(): boolean {
    return true
  }
}
