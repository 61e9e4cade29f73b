import { request } from 'node:http'

export interface DaemonAnswer {
  readonly status: number
  /** Parsed JSON, or undefined when the body is none. */
  readonly body: unknown
}

/**
 * Puts one question to the daemon behind a unix socket: sockets cross network namespaces.
 *
 * @param path with its leading slash: `/healthz`, `/api/v1/images/debian-12`
 * @returns undefined when nobody answers within two seconds
 */
export async function askDaemon(
  socketPath: string,
  path: string,
): Promise<DaemonAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<DaemonAnswer | undefined>()
  const query = request({ socketPath, path, timeout: 2000 }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => (text += part))
    response.on('error', () => resolve(undefined))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body: readJson(text) }))
  })
  query.on('error', () => resolve(undefined))
  query.on('timeout', () => query.destroy())
  query.end()
  return promise
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
