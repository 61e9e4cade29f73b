import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as the server saw it. */
export interface SeenFileRequest {
  readonly path: string
  readonly range: string | undefined
  readonly ifRange: string | undefined
  readonly authorization: string | undefined
}

export interface FileServer extends AsyncDisposable {
  readonly port: number
  readonly seen: SeenFileRequest[]
}

export type FileAnswer = (
  request: IncomingMessage,
  response: ServerResponse,
  attempt: number,
) => void

/** A web server on loopback that answers as the test says; `attempt` counts its requests from 0. */
export async function startFileServer(answer: FileAnswer): Promise<FileServer> {
  const seen: SeenFileRequest[] = []
  const server = createServer((request, response) => {
    const { range, 'if-range': ifRange, authorization } = request.headers
    seen.push({ path: request.url ?? '', range, ifRange: ifRange?.toString(), authorization })
    answer(request, response, seen.length - 1)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/**
 * Serves `bytes` as a good server does, ranges included, but cuts each connection after `cutAfter` bytes.
 */
export function serveCut(
  bytes: Uint8Array,
  { cutAfter = Infinity, etag = '"one"' } = {},
): FileAnswer {
  return ({ headers }, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0)
    const isSame = headers['if-range'] === undefined || headers['if-range'] === etag
    const offset = isSame ? from : 0
    response.statusCode = offset > 0 ? 206 : 200
    response.setHeader('etag', etag)
    response.setHeader('content-length', bytes.length - offset)
    if (offset > 0) {
      response.setHeader('content-range', `bytes ${offset}-${bytes.length - 1}/${bytes.length}`)
    }
    const part = bytes.subarray(offset)
    if (part.length <= cutAfter) response.end(part)
    else response.write(part.subarray(0, cutAfter), () => setImmediate(() => response.destroy()))
  }
}
