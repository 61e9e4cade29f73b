import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'

/** PEM. */
export interface TlsFiles {
  readonly key: string
  /** Ours, then those between it and the root. */
  readonly certificate: string
}

/** How long a TLS handshake, or the head of a request, may take. */
const handshakeMs = 5000

const timings = {
  headersTimeout: handshakeMs,
  connectionsCheckingInterval: 1000,
  // Images are uploaded for as long as that takes.
  requestTimeout: 0,
  keepAliveTimeout: 72_000,
}

/** A server that gives up on whoever does not say what it wants in time. */
export function createOperatorServer(handler: RequestListener, tls?: TlsFiles): Server | TlsServer {
  if (tls === undefined) return createServer(timings, handler)
  const { key, certificate: cert } = tls
  return createTlsServer(
    { ...timings, key, cert, minVersion: 'TLSv1.2', handshakeTimeout: handshakeMs },
    handler,
  )
}
