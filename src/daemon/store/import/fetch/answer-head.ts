import type { IncomingMessage } from 'node:http'

/** What makes sure that the rest, fetched later, is of the same file. */
export interface Answer {
  /** Of the whole file; undefined where the server does not say. */
  readonly totalBytes: number | undefined
  /** For `If-Range` (RFC 9110 §13.1.5): a strong entity tag, else the time of its last change. */
  readonly validator: string | undefined
}

/** Why an answer does not help; `isPassing` when a later one may. */
export interface AnswerFault {
  readonly reason: string
  readonly isPassing: boolean
}

export type AnswerReading =
  { readonly ok: true; readonly answer: Answer } | ({ readonly ok: false } & AnswerFault)

/** The head of the answer to a request for a whole file. */
export function readFirstAnswer({ statusCode = 0, headers }: IncomingMessage): AnswerReading {
  if (statusCode !== 200) return refuse(statusReason(statusCode), mayPass(statusCode))
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') return refuse(`the server sends it encoded as ${encoding}`)
  if (/^text\/html\b/i.test(headers['content-type'] ?? '')) {
    return refuse('the server answers with a web page')
  }
  const length = headers['content-length']
  const totalBytes = length === undefined ? undefined : Number(length)
  if (totalBytes !== undefined && !Number.isSafeInteger(totalBytes)) {
    return refuse('the server says no sane length')
  }
  const { etag } = headers
  const validator = etag?.startsWith('"') === true ? etag : headers['last-modified']
  return { ok: true, answer: { totalBytes, validator } }
}

/** What is wrong with the answer to a request for the rest from `offset`; undefined when nothing is. */
export function findRestFault(
  { statusCode = 0, headers }: IncomingMessage,
  first: Answer,
  offset: number,
): AnswerFault | 'changed' | undefined {
  if (statusCode === 200 || statusCode === 416 || statusCode === 412) {
    return 'changed'
  }
  if (statusCode !== 206)
    return { reason: statusReason(statusCode), isPassing: mayPass(statusCode) }
  const total = first.totalBytes ?? 0
  const expected = `bytes ${offset}-${total - 1}/${total}`
  if (headers['content-range'] !== expected) {
    return { reason: 'the server sends another part than was asked for', isPassing: false }
  }
  const { etag } = headers
  if (etag !== undefined && first.validator?.startsWith('"') === true && etag !== first.validator) {
    return 'changed'
  }
  return undefined
}

/** A server that is busy, or broken for the moment (RFC 9110 §15.6, RFC 6585 §4). */
function mayPass(statusCode: number): boolean {
  return statusCode === 408 || statusCode === 429 || statusCode >= 500
}

function statusReason(statusCode: number): string {
  return `the server answers ${statusCode}`
}

function refuse(reason: string, isPassing = false): AnswerReading {
  return { ok: false, reason, isPassing }
}
