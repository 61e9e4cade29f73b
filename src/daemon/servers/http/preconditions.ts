/** What conditions compare: the file as it is now. */
export interface Validators {
  readonly etag?: string
  readonly modifiedAtMs?: number
}

/** The request headers that make a request conditional, in lower case as Node hands them over. */
export interface ConditionalHeaders {
  readonly 'if-match'?: string | undefined
  readonly 'if-none-match'?: string | undefined
  readonly 'if-modified-since'?: string | undefined
  readonly 'if-unmodified-since'?: string | undefined
  readonly 'if-range'?: string | undefined
}

/** Evaluates the conditions of GET and HEAD in the order of RFC 9110 §13.2.2. */
export function evaluatePreconditions(
  headers: ConditionalHeaders,
  file: Validators,
): 'proceed' | 'not-modified' | 'failed' {
  const ifMatch = headers['if-match']
  if (ifMatch !== undefined) {
    if (!matchesStrongly(ifMatch, file.etag)) return 'failed'
  } else if (isNewerThan(headers['if-unmodified-since'], file) === true) {
    return 'failed'
  }
  const ifNoneMatch = headers['if-none-match']
  if (ifNoneMatch !== undefined) {
    return matchesWeakly(ifNoneMatch, file.etag) ? 'not-modified' : 'proceed'
  }
  return isNewerThan(headers['if-modified-since'], file) === false ? 'not-modified' : 'proceed'
}

/** Whether a range may be sent, or the file has changed since the client saw its first part (RFC 9110 §13.1.5). */
export function rangeStillValid(ifRange: string | undefined, file: Validators): boolean {
  if (ifRange === undefined) return true
  if (ifRange.startsWith('"')) return ifRange === file.etag
  const seconds = secondsOf(ifRange)
  return seconds !== undefined && seconds === lastModifiedSeconds(file)
}

function matchesStrongly(header: string, etag: string | undefined): boolean {
  if (header.trim() === '*') return true
  return etag !== undefined && entityTags(header).includes(etag)
}

function matchesWeakly(header: string, etag: string | undefined): boolean {
  if (header.trim() === '*') return true
  return etag !== undefined && entityTags(header).some((tag) => tag.replace(/^W\//, '') === etag)
}

const entityTags = (header: string): readonly string[] => header.match(/(?:W\/)?"[^"]*"/g) ?? []

/** Undefined when there is no date to compare. */
function isNewerThan(header: string | undefined, file: Validators): boolean | undefined {
  const since = secondsOf(header)
  const modified = lastModifiedSeconds(file)
  return since === undefined || modified === undefined ? undefined : modified > since
}

function secondsOf(header: string | undefined): number | undefined {
  const timeMs = Date.parse(header ?? '')
  return Number.isNaN(timeMs) ? undefined : Math.floor(timeMs / 1000)
}

function lastModifiedSeconds({ modifiedAtMs }: Validators): number | undefined {
  return modifiedAtMs === undefined ? undefined : Math.floor(modifiedAtMs / 1000)
}
