import { CodedError } from '../../../../base/coded-error.ts'

/** The daemon does not fetch from there, whoever asks. */
export class UrlRefusedError extends CodedError {
  readonly code = 'ERR_URL_REFUSED'
  /** Without anything secret. */
  readonly url: string
  readonly reason: string

  constructor(url: string, reason: string, remedy = '') {
    super(`${url} is not fetched: ${reason}`, { remedy })
    this.url = url
    this.reason = reason
  }
}

/** The file became another one between two connections: what was fetched is of neither. */
export class FetchChangedError extends CodedError {
  readonly code = 'ERR_FETCH_CHANGED'
  /** Without anything secret. */
  readonly url: string

  constructor(url: string) {
    super(`${url} has changed while it was fetched`, { remedy: 'import it again' })
    this.url = url
  }

  override shouldRetry(): boolean {
    return true
  }
}

/** The server there does not give the whole file. */
export class FetchFailedError extends CodedError {
  readonly code = 'ERR_FETCH_FAILED'
  /** Without anything secret. */
  readonly url: string
  readonly reason: string
  readonly #isPassing: boolean

  constructor(
    url: string,
    reason: string,
    { isPassing = false, cause }: { isPassing?: boolean; cause?: unknown } = {},
  ) {
    super(`${url}: ${reason}`, {
      cause,
      remedy: isPassing ? 'import it again' : 'check the address',
    })
    this.url = url
    this.reason = reason
    this.#isPassing = isPassing
  }

  /** Connections break, and servers are busy; a file that is not there stays away. */
  override shouldRetry(): boolean {
    return this.#isPassing
  }
}
