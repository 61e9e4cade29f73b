import { CodedError, messageOf } from '../../base/coded-error.ts'
import type { RunningServer } from '../servers/running-server.ts'

/** One part of the daemon ended by itself; a daemon that lacks a part must not look alive. */
export class ServerDiedError extends CodedError {
  readonly code = 'ERR_SERVER_DIED'
  readonly server: string

  constructor(server: string, cause: unknown) {
    super(`${server} ended by itself${cause === undefined ? '' : `: ${messageOf(cause)}`}`, {
      cause,
      remedy: 'start the daemon again; its state is kept',
    })
    this.server = server
  }
}

/** Rejects when the first of `parts` ends. Never resolves; nobody needs to listen. */
export function firstDeath(
  parts: readonly Pick<RunningServer, 'name' | 'closed'>[],
): Promise<never> {
  const died = Promise.withResolvers<never>()
  for (const { name, closed } of parts) {
    closed.then(
      () => died.reject(new ServerDiedError(name, undefined)),
      (cause: unknown) => died.reject(new ServerDiedError(name, cause)),
    )
  }
  died.promise.catch(() => undefined)
  return died.promise
}
