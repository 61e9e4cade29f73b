import { chmod, rm } from 'node:fs/promises'
import { connect } from 'node:net'

import type { FastifyInstance } from 'fastify'

import { CodedError, messageOf } from '../../../base/coded-error.ts'
import { createOperatorApp, type TcpReach } from '../../api/operator-app.ts'
import type { OperatorServices } from '../../api/operator-services.ts'
import { capConnections } from '../../servers/http/connection-cap.ts'
import { ListenError } from '../../servers/listen-error.ts'
import type { RunningServer } from '../../servers/running-server.ts'

/** Somebody answers on the operators' unix socket: another daemon uses this data directory. */
export class OperatorSocketInUseError extends CodedError {
  readonly code = 'ERR_OPERATOR_SOCKET_IN_USE'
  readonly path: string

  constructor(path: string) {
    super(`another daemon answers on ${path}`, {
      remedy: 'stop it, or start this one with another --data-dir',
    })
    this.path = path
  }
}

/** Linux keeps a unix socket's path in 108 bytes, a NUL included (unix(7)). */
const longestSocketPath = 107

/** The data directory's path is too long for the operators' unix socket in it. */
export class SocketPathTooLongError extends CodedError {
  readonly code = 'ERR_SOCKET_PATH_TOO_LONG'
  readonly path: string

  constructor(path: string) {
    super(
      `${path} has more than the ${longestSocketPath} bytes that a unix socket's path may have`,
      {
        remedy: 'choose a shorter --data-dir',
      },
    )
    this.path = path
  }
}

/**
 * Serves operators over a unix socket that only this user can open. A socket that nobody answers on is
 * what a killed daemon left, and is replaced.
 *
 * @throws {OperatorSocketInUseError} when somebody answers
 * @throws {SocketPathTooLongError} before anything is made
 */
export async function startOperatorSocket(
  services: OperatorServices,
  path: string,
): Promise<RunningServer> {
  if (Buffer.byteLength(path) > longestSocketPath) throw new SocketPathTooLongError(path)
  if (await answers(path)) throw new OperatorSocketInUseError(path)
  await rm(path, { force: true })
  const app = await createOperatorApp(services, 'unix')
  await listen(app, path, { path })
  await chmod(path, 0o600)
  return new OperatorListener(app, path)
}

export interface OperatorTcp extends TcpReach {
  readonly address: string
  readonly port: number
}

/** More connections are closed as they come, whatever they want. */
const connectionLimits = { connections: 600, connectionsPerAddress: 64 }

/**
 * Serves operators who bear a token over TCP.
 *
 * @throws {ListenError} when the port cannot be had
 */
export async function startOperatorTcp(
  services: OperatorServices,
  { address, port, ...reach }: OperatorTcp,
): Promise<RunningServer> {
  const app = await createOperatorApp(services, reach)
  capConnections(app.server, connectionLimits)
  await listen(app, `${address}:${port}/tcp`, { host: address, port })
  const listening = app.server.address()
  const bound = typeof listening === 'object' && listening !== null ? listening.port : port
  const scheme = reach.tls === undefined ? 'http' : 'https'
  return new OperatorListener(app, `${scheme}://${address}:${bound}`)
}

async function listen(
  app: FastifyInstance,
  endpoint: string,
  where: { path: string } | { host: string; port: number },
): Promise<void> {
  try {
    await app.listen(where)
  } catch (thrown) {
    await app.close()
    throw new ListenError(endpoint, thrown)
  }
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(false)
      else reject(new ListenError(path, new Error(messageOf(error), { cause: error })))
    })
  })
}

class OperatorListener implements RunningServer {
  readonly name = 'operators'
  readonly endpoint: string
  readonly closed: Promise<void>
  readonly #app: FastifyInstance
  #disposal: Promise<void> | undefined

  constructor(app: FastifyInstance, endpoint: string) {
    this.#app = app
    this.endpoint = endpoint
    this.closed = new Promise((resolve, reject) => {
      app.server.once('error', reject)
      app.server.once('close', resolve)
    })
  }

  counters(): Readonly<Record<string, number>> {
    return { 'operators.sockets': this.#app.websocketServer.clients.size }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#app.close()
    return this.#disposal
  }
}
