import { CodedError } from '../base/coded-error.ts'

/** Where the daemon's operator interface listens. */
export type OperatorEndpoint =
  | { readonly kind: 'socket'; readonly socketPath: string }
  | { readonly kind: 'url'; readonly host: string; readonly port: number }

export interface EndpointChoice {
  readonly socket?: string | undefined
  readonly url?: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly isRoot: boolean
}

/** What was given is no address of a daemon. */
export class EndpointInvalidError extends CodedError {
  readonly code = 'ERR_ENDPOINT_INVALID'

  constructor(url: string) {
    super(`not the address of a daemon: ${url}`, {
      remedy: 'give one such as --url http://127.0.0.1:8092',
    })
  }
}

/**
 * Flag before environment before built in: `--url`, `--socket`, `REPAVE_URL`, `REPAVE_SOCKET`, the socket
 * in `REPAVE_DATA_DIR`, then the one in the data directory that a daemon of this user has by default.
 *
 * @throws {EndpointInvalidError} when the URL is none
 */
export function chooseEndpoint({
  socket,
  url,
  environment,
  isRoot,
}: EndpointChoice): OperatorEndpoint {
  if (url !== undefined) return endpointOfUrl(url)
  if (socket !== undefined) return { kind: 'socket', socketPath: socket }
  const environmentUrl = environment['REPAVE_URL']
  if (environmentUrl !== undefined && environmentUrl !== '') return endpointOfUrl(environmentUrl)
  const socketPath =
    environment['REPAVE_SOCKET'] ?? `${dataDirectory(environment, isRoot)}/api.sock`
  return { kind: 'socket', socketPath }
}

function dataDirectory(environment: EndpointChoice['environment'], isRoot: boolean): string {
  const chosen = environment['REPAVE_DATA_DIR']
  if (chosen !== undefined && chosen !== '') return chosen
  if (isRoot) return '/var/lib/repave'
  return `${environment['XDG_DATA_HOME'] ?? `${environment['HOME'] ?? ''}/.local/share`}/repave`
}

function endpointOfUrl(url: string): OperatorEndpoint {
  const match = /^http:\/\/(\[[0-9a-f:]+\]|[\w.-]+)(?::(\d{1,5}))?\/?$/i.exec(url)
  if (match === null) throw new EndpointInvalidError(url.slice(0, 200))
  return {
    kind: 'url',
    host: (match[1] ?? '').replaceAll(/[[\]]/g, ''),
    port: match[2] === undefined ? 80 : Number(match[2]),
  }
}

/** For people: the socket's path or the URL. */
export function endpointText(endpoint: OperatorEndpoint): string {
  return endpoint.kind === 'socket'
    ? endpoint.socketPath
    : `http://${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`
}

/** Address of the operators' websocket; over a unix socket the host is only a name. */
export function socketUrl(endpoint: OperatorEndpoint): string {
  const base = endpoint.kind === 'socket' ? 'http://localhost' : endpointText(endpoint)
  return `${base.replace('http:', 'ws:')}/api/v1/ws`
}
