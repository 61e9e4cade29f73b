import { CodedError } from '../base/coded-error.ts'

/** Where the daemon's operator interface listens. */
export type OperatorEndpoint =
  | { readonly kind: 'socket'; readonly socketPath: string }
  | {
      readonly kind: 'url'
      /** TLS. */
      readonly secure: boolean
      readonly host: string
      readonly port: number
      readonly token?: string
      /** Files: the token, where it is not given itself; the certificate of the authority to trust. */
      readonly tokenFile?: string
      readonly authorityFile?: string
    }

export interface EndpointChoice {
  readonly socket?: string | undefined
  readonly url?: string | undefined
  readonly tokenFile?: string | undefined
  readonly authorityFile?: string | undefined
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
 * With a URL the token comes from `--token-file`, `REPAVE_TOKEN` or `REPAVE_TOKEN_FILE`, and whom to trust
 * from `--ca` or `REPAVE_CA`.
 *
 * @throws {EndpointInvalidError} when the URL is none
 */
export function chooseEndpoint(choice: EndpointChoice): OperatorEndpoint {
  const { socket, url, environment, isRoot } = choice
  if (url !== undefined) return endpointOfUrl(url, choice)
  if (socket !== undefined) return { kind: 'socket', socketPath: socket }
  const environmentUrl = environment['REPAVE_URL']
  if (environmentUrl !== undefined && environmentUrl !== '') {
    return endpointOfUrl(environmentUrl, choice)
  }
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

function endpointOfUrl(url: string, choice: EndpointChoice): OperatorEndpoint {
  const match = /^(https?):\/\/(\[[0-9a-f:]+\]|[\w.-]+)(?::(\d{1,5}))?\/?$/i.exec(url)
  if (match === null) throw new EndpointInvalidError(url.slice(0, 200))
  const secure = match[1]?.toLowerCase() === 'https'
  const { environment } = choice
  const token = choice.tokenFile === undefined ? environment['REPAVE_TOKEN'] : undefined
  const tokenFile = choice.tokenFile ?? environment['REPAVE_TOKEN_FILE']
  const authorityFile = choice.authorityFile ?? environment['REPAVE_CA']
  return {
    ...{ kind: 'url', secure },
    host: (match[2] ?? '').replaceAll(/[[\]]/g, ''),
    port: match[3] === undefined ? (secure ? 443 : 80) : Number(match[3]),
    ...(token === undefined || token === '' ? {} : { token }),
    ...(tokenFile === undefined || tokenFile === '' ? {} : { tokenFile }),
    ...(authorityFile === undefined || authorityFile === '' ? {} : { authorityFile }),
  }
}

/** For people: the socket's path or the URL. */
export function endpointText(endpoint: OperatorEndpoint): string {
  if (endpoint.kind === 'socket') return endpoint.socketPath
  const { host, port, secure } = endpoint
  return `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Address of the operators' websocket; over a unix socket the host is only a name. */
export function socketUrl(endpoint: OperatorEndpoint): string {
  const base = endpoint.kind === 'socket' ? 'http://localhost' : endpointText(endpoint)
  return `${base.replace('http', 'ws')}/api/v1/ws`
}
