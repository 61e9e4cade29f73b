import { normaliseBootPath } from '../boot-files/normalise-boot-path.ts'

export interface RequestTarget {
  /** As routes compare it; undefined when no route can have that name. */
  readonly path: string | undefined
  /** Of a name that stands twice the first value. */
  readonly query: ReadonlyMap<string, string>
}

/** Splits and decodes a request target (`/boot//script.ipxe?mac=...`), once and not twice. */
export function readRequestTarget(target: string): RequestTarget {
  const [encodedPath = '', ...rest] = target.split('?')
  const query = new Map<string, string>()
  for (const [name, value] of rest.length === 0 ? [] : new URLSearchParams(rest.join('?'))) {
    if (!query.has(name)) query.set(name, value)
  }
  const path = decodeOnce(encodedPath)
  return { path: path === undefined ? undefined : normaliseBootPath(path), query }
}

/** `GET http://host/path` as `GET /path`: RFC 9112 §3.2.2 asks servers to take both. */
export function originForm(target: string): string {
  const path = target.replace(/^https?:\/\/[^/?]*/i, '')
  return path.startsWith('/') ? path : `/${path}`
}

function decodeOnce(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
