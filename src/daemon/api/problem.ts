import { inertText } from '../../base/ascii.ts'
import { CodedError } from '../../base/coded-error.ts'
import type { Problem } from '../../contract/api-documents.ts'

/** What was asked for does not fit the interface's schema. */
export class RequestInvalidError extends CodedError {
  readonly code = 'ERR_REQUEST_INVALID'
}

/** The request comes from where none is expected: another web page, another host name. */
export class RequestForbiddenError extends CodedError {
  readonly code = 'ERR_REQUEST_FORBIDDEN'
}

/** Nothing is known under that path, name or id. */
export class ResourceNotFoundError extends CodedError {
  readonly code = 'ERR_RESOURCE_NOT_FOUND'
}

const statusTitles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
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
    return problem(statusOf(thrown), code, message, remedy)
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

function statusOf(error: CodedError): number {
  if (error.code === 'ERR_REQUEST_INVALID') return 400
  if (error.code === 'ERR_REQUEST_FORBIDDEN') return 403
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
