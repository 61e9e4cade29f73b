import { CodedError } from '../base/coded-error.ts'
import type { Problem } from '../contract/status-documents.ts'

/** No daemon answers there. */
export class DaemonUnreachableError extends CodedError {
  readonly code = 'ERR_DAEMON_UNREACHABLE'
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
export class DaemonAnswerError extends CodedError {
  readonly code = 'ERR_DAEMON_ANSWER_INVALID'
}

/** The daemon refused, and said why. */
export class DaemonProblemError extends CodedError {
  readonly code: string
  readonly status: number
  /** Of content that was refused. */
  readonly faults: NonNullable<Problem['faults']>

  constructor(problem: Problem) {
    super(problem.detail, { remedy: problem.remedy ?? '' })
    this.code = problem.code
    this.status = problem.status
    this.faults = problem.faults ?? []
  }
}

/** What would have been sent, had this not been a dry run. */
export class UnsentChange extends Error {
  readonly method: string
  /** Below `/api/v1`. */
  readonly path: string
  readonly body: object | undefined

  constructor(method: string, path: string, body?: object) {
    super(`not sent: ${method} ${path}`)
    this.method = method
    this.path = path
    this.body = body
  }
}

/** Asked to change nothing, then asked to change something. */
export class ReadOnlyError extends CodedError {
  readonly code = 'ERR_READ_ONLY'

  constructor(request: string) {
    super(`not sent, this is read-only: ${request}`, {
      remedy: 'leave out --read-only, and see that REPAVE_READ_ONLY is not set',
    })
  }
}
