import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'

import type { SignedImage } from './signed-image.ts'

/** What a server does wrong with one range. `bytes` are what it would send. */
export type RangeFault = (
  range: { readonly offset: number; readonly bytes: Buffer; readonly requestNumber: number },
  response: ServerResponse,
) => Buffer | undefined

export interface ImageServer extends AsyncDisposable {
  readonly url: string
  readonly server: Server
  readonly manifestPath: string
  readonly packPath: string
  readonly rangeRequests: { offset: number; length: number }[]
  /** Applied to every range: returns the bytes to send, or undefined when it has answered itself. */
  fault: RangeFault | undefined
  closeConnections(): void
}

/** Serves one image on a free port of the loopback interface, as the provisioning listener does. */
export async function startImageServer(image: SignedImage): Promise<ImageServer> {
  const manifestPath = '/images/test/manifest.json'
  const packPath = '/images/test/pack'
  const server = createServer((request, response) => {
    if (request.url === manifestPath) return response.end(JSON.stringify(image.signed))
    if (request.url !== packPath) return response.writeHead(404).end()
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    const offset = Number(match?.[1])
    const length = Number(match?.[2]) - offset + 1
    imageServer.rangeRequests.push({ offset, length })
    const bytes = Buffer.from(image.pack.subarray(offset, offset + length))
    const requestNumber = imageServer.rangeRequests.length
    const sent =
      imageServer.fault === undefined
        ? bytes
        : imageServer.fault({ offset, bytes, requestNumber }, response)
    if (sent === undefined) return response
    return sendRange(response, offset, sent, image.pack.length)
  })
  const imageServer: ImageServer = {
    url: '',
    server,
    ...{ manifestPath, packPath, rangeRequests: [], fault: undefined },
    closeConnections: () => server.closeAllConnections(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return Object.assign(imageServer, { url: `http://127.0.0.1:${port}` })
}

export function sendRange(
  response: ServerResponse,
  offset: number,
  bytes: Buffer,
  totalBytes: number,
): ServerResponse {
  response.writeHead(206, {
    'content-range': `bytes ${offset}-${offset + bytes.length - 1}/${totalBytes}`,
    'content-length': bytes.length,
  })
  return response.end(bytes)
}
