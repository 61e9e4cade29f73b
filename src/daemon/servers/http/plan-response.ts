import type { BootFile } from '../boot-files/boot-file.ts'
import { type ByteRange, readByteRange } from './byte-range.ts'
import { type ConditionalHeaders, evaluatePreconditions, rangeStillValid } from './preconditions.ts'

export interface FileRequestHeaders extends ConditionalHeaders {
  readonly range?: string | undefined
}

/** Status, headers and bytes of an answer, settled before the first byte leaves. */
export interface ResponsePlan {
  readonly statusCode: 200 | 206 | 304 | 412 | 416
  readonly headers: Readonly<Record<string, string>>
  /** What to send of the file; undefined for HEAD and for answers without a body. */
  readonly body?: ByteRange
}

type FileFacts = Omit<BootFile, 'read' | 'close'>

/**
 * Decides the answer to GET or HEAD of one file. Both carry the same headers, always with one exact
 * `Content-Length`; a range counts for GET alone (RFC 9110 §14.2).
 */
export function planResponse(
  method: 'GET' | 'HEAD',
  request: FileRequestHeaders,
  file: FileFacts,
): ResponsePlan {
  const validators = validatorHeaders(file)
  const verdict = evaluatePreconditions(request, file)
  if (verdict === 'not-modified') return { statusCode: 304, headers: validators }
  if (verdict === 'failed') return { statusCode: 412, headers: { 'content-length': '0' } }
  const headers = {
    'content-type': file.contentType,
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    ...validators,
  }
  const isRangeWanted = method === 'GET' && rangeStillValid(request['if-range'], file)
  const range = isRangeWanted ? readByteRange(request.range, file.sizeBytes) : undefined
  if (range === 'unsatisfiable') {
    const contentRange = `bytes */${file.sizeBytes}`
    return {
      statusCode: 416,
      headers: { ...validators, 'content-range': contentRange, 'content-length': '0' },
    }
  }
  if (range === undefined) {
    const body = method === 'GET' && file.sizeBytes > 0 ? { body: wholeOf(file) } : {}
    return {
      statusCode: 200,
      headers: { ...headers, 'content-length': String(file.sizeBytes) },
      ...body,
    }
  }
  return {
    statusCode: 206,
    headers: {
      ...headers,
      'content-range': `bytes ${range.first}-${range.last}/${file.sizeBytes}`,
      'content-length': String(range.last - range.first + 1),
    },
    body: range,
  }
}

const wholeOf = (file: FileFacts): ByteRange => ({ first: 0, last: file.sizeBytes - 1 })

function validatorHeaders(file: FileFacts): Record<string, string> {
  return {
    ...(file.etag === undefined ? {} : { etag: file.etag }),
    ...(file.modifiedAtMs === undefined
      ? {}
      : { 'last-modified': new Date(file.modifiedAtMs).toUTCString() }),
    ...(file.cacheControl === undefined ? {} : { 'cache-control': file.cacheControl }),
  }
}
