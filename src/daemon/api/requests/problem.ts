import { inertText } from '../../../base/ascii.ts'
import { CodedError } from '../../../base/coded-error.ts'
import type { Problem } from '../../../contract/status-documents.ts'
import { ContentRefusedError } from '../../domain/content/errors.ts'

/** What was asked for does not fit the interface's schema. */
export class RequestInvalidError extends CodedError {
  readonly code = 'ERR_REQUEST_INVALID'
}

/** The request comes from where none is expected: another web page, another host name. */
export class RequestForbiddenError extends CodedError {
  readonly code = 'ERR_REQUEST_FORBIDDEN'
}

/** Nobody showed a token that is known. */
export class UnauthenticatedError extends CodedError {
  readonly code = 'ERR_UNAUTHENTICATED'

  constructor(message: string) {
    super(message, { remedy: 'repave token create NAME --role viewer   # on the daemon’s machine' })
  }
}

/** Too many wrong tokens came from this address. */
export class TooManyRefusalsError extends CodedError {
  readonly code = 'ERR_TOO_MANY_REFUSALS'

  constructor() {
    super('too many wrong tokens came from this address', { remedy: 'wait ten seconds' })
  }
}

/** Nothing is known under that path, name or id. */
export class ResourceNotFoundError extends CodedError {
  readonly code = 'ERR_RESOURCE_NOT_FOUND'
}

const statusTitles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/**
 * RFC 9457 problem details for anything that was thrown: code, sentence and remedy of a coded error,
 * the status of a refused request, and nothing at all of an unexpected fault.
 */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof CodedError) {
    const { code, message, remedy } = thrown
    const refusal = problem(statusOf(thrown), code, message, remedy)
    return thrown instanceof ContentRefusedError
      ? { ...refusal, faults: [...thrown.faults] }
      : refusal
  }
  const refusal = fastifyRefusal(thrown)
  if (refusal !== undefined) return problem(refusal.status, 'ERR_REQUEST_INVALID', refusal.message)
  return problem(500, 'ERR_INTERNAL', 'an unexpected fault, recorded in the log of the daemon')
}

function problem(status: number, code: string, detail: string, remedy = ''): Problem {
  return {
    type: `urn:repave:error:${code}`,
    title: statusTitles[status] ?? 'Error',
    status,
    code,
    detail: inertText(detail, 2000),
    ...(remedy === '' ? {} : { remedy: inertText(remedy, 500) }),
  }
}

const statuses: Readonly<Record<string, number | undefined>> = {
  ERR_REQUEST_INVALID: 400,
  ERR_SELECTOR_INVALID: 400,
  ERR_UNAUTHENTICATED: 401,
  ERR_REQUEST_FORBIDDEN: 403,
  ERR_TOO_MANY_REFUSALS: 429,
  ERR_REVISION_CHANGED: 412,
  ERR_IDEMPOTENCY_KEY_REUSED: 422,
  ERR_IDEMPOTENCY_KEY_IN_USE: 409,
}

function statusOf(error: CodedError): number {
  const status = statuses[error.code]
  if (status !== undefined) return status
  if (/_(?:NOT_FOUND|UNKNOWN|MISSING)$/.test(error.code)) return 404
  if (/_(?:EXISTS|ENDED|IN_USE|UNDER_WAY|NOT_WAITING|CHANGED)$/.test(error.code)) return 409
  return error.shouldRetry() ? 503 : 422
}

/** What fastify itself refuses before a handler runs: too large, not JSON, wrong content type. */
function fastifyRefusal(thrown: unknown): { status: number; message: string } | undefined {
  if (!(thrown instanceof Error)) return undefined
  const { statusCode, code } = thrown as Error & { statusCode?: unknown; code?: unknown }
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return undefined
  // V8's JSON messages quote the body; a code of fastify's own never does.
  const ours = typeof code === 'string' && code.startsWith('FST_')
  return { status: statusCode, message: ours ? thrown.message : 'the body is not valid JSON' }
}
