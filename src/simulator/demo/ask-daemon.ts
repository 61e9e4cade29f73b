import { request } from 'node:http'

export interface DaemonQuestion {
  readonly method: 'GET' | 'POST'
  /** With its leading slash and query. */
  readonly path: string
  /** Sent as JSON; bytes as they are. */
  readonly body?: object | Buffer
}

export interface DaemonAnswer {
  readonly status: number
  readonly text: string
}

const timeoutMs = 60_000

/** Puts one question to the daemon behind a unix socket. Undefined when nobody answers. */
export async function askDaemon(
  socketPath: string,
  { method, path, body }: DaemonQuestion,
): Promise<DaemonAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<DaemonAnswer | undefined>()
  const bytes = Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body)
  const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json'
  const headers =
    bytes === undefined ? {} : { 'content-type': type, 'content-length': bytes.length }
  const query = request({ socketPath, method, path, headers, timeout: timeoutMs }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (part: string) => (text += part))
    response.on('error', () => resolve(undefined))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
  })
  query.on('error', () => resolve(undefined))
  query.on('timeout', () => query.destroy())
  query.end(bytes)
  return promise
}

/** @throws {Error} with what the daemon said, when it is not what was asked for */
export async function requireAnswer(socketPath: string, question: DaemonQuestion): Promise<string> {
  const answer = await askDaemon(socketPath, question)
  if (answer !== undefined && answer.status < 300) return answer.text
  throw new Error(`${question.method} ${question.path}: ${answer?.text ?? 'no answer'}`)
}
