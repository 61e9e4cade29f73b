import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'

import type { Clock } from '../../../base/clock.ts'
import type { Logger } from '../../../base/logger.ts'
import { createRateGate } from '../boot-files/rate-gate.ts'

/** PEM. */
export interface TlsKeyPair {
  readonly key: string
  /** Ours, then those between it and the root. */
  readonly certificate: string
}

export interface TlsOptions {
  readonly tls: TlsKeyPair
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly logger: Logger
}

/** The first byte of a handshake (RFC 8446 §5.1); no method of HTTP begins with it. */
const handshakeByte = 0x16
/** How long a client may take for its first byte, and then for a handshake. */
const patienceMs = 10_000

/**
 * Makes one port speak both: firmware and boot loaders begin with a request, agents with a handshake. The
 * first byte tells which, and goes back before anybody reads on. Who listens for connections from now on
 * sees each of them once, as it comes from the network.
 *
 * @returns how many handshakes have broken off: of clients that do not trust us, or speak something else
 */
export function speakTlsBesidePlain(server: Server, options: TlsOptions): () => number {
  const serveHttp = server.listeners('connection') as ((this: Server, socket: Socket) => void)[]
  const serve = (socket: Socket) => {
    for (const listener of serveHttp) listener.call(server, socket)
  }
  const { handshakes, brokenCount } = createHandshakes(options, serve)
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    whenFirstByte(socket, (byte) => {
      if (byte === handshakeByte) {
        // As in node:https: who leaves in the middle of a handshake has left.
        socket.allowHalfOpen = false
        handshakes.emit('connection', socket)
        return
      }
      serve(socket)
      socket.resume()
    })
  })
  return brokenCount
}

/** A server that never listens: it is handed connections. */
function createHandshakes({ tls, clock, logger }: TlsOptions, serve: (socket: TLSSocket) => void) {
  const reports = createRateGate(clock, { burst: 1, perSecond: 1 / 60 })
  let brokenCount = 0
  const breakOff = (error: NodeJS.ErrnoException, { remoteAddress: address }: TLSSocket) => {
    brokenCount++
    const unreported = reports.admit('handshake')
    if (unreported === undefined) return
    // Who has left already has no address any more.
    const facts = { ...(address === undefined ? {} : { address }), error: error.code, unreported }
    logger.warn(facts, 'a TLS handshake broke off: the client does not trust this daemon')
  }
  const { key, certificate: cert } = tls
  const timings = { handshakeTimeout: patienceMs, minVersion: 'TLSv1.2' } as const
  const handshakes = createServer({ ...timings, key, cert }, (socket) => {
    // Since TLS 1.3 a client says only after the handshake that it does not trust us.
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith('ERR_SSL') === true) breakOff(error, socket)
    })
    serve(socket)
  })
  handshakes.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    breakOff(error, socket)
    socket.destroy()
  })
  return { handshakes, brokenCount: () => brokenCount }
}

/** Who says nothing, or goes without a word, is cut off. */
function whenFirstByte(socket: Socket, then: (byte: number) => void): void {
  const giveUp = () => socket.destroy()
  socket.on('error', giveUp)
  socket.on('end', giveUp)
  socket.setTimeout(patienceMs, giveUp)
  socket.once('data', (bytes: Buffer) => {
    socket.pause()
    socket.setTimeout(0, giveUp)
    socket.off('error', giveUp)
    socket.off('end', giveUp)
    socket.unshift(bytes)
    then(bytes[0] ?? 0)
  })
}
