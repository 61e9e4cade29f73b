import { readFileSync } from 'node:fs'
import type { RequestOptions } from 'node:https'

import { CodedError, messageOf } from '../base/coded-error.ts'
import type { OperatorEndpoint } from '../presentation/operator-endpoint.ts'

/** What is needed to be let in cannot be read, or would be shown to others on the way. */
export class CredentialsUnusableError extends CodedError {
  readonly code = 'ERR_CREDENTIALS_UNUSABLE'
}

/** Where node:http, node:https and `ws` connect to, whom they trust, and what proves who we are. */
export interface EndpointRequest {
  readonly target: RequestOptions
  readonly headers: Readonly<Record<string, string>>
}

/** @throws {CredentialsUnusableError} when a file cannot be read, or the token would travel in the open */
export function requestTo(endpoint: OperatorEndpoint): EndpointRequest {
  if (endpoint.kind === 'socket') {
    return { target: { socketPath: endpoint.socketPath, host: 'localhost' }, headers: {} }
  }
  const { host, port, secure, tokenFile, authorityFile } = endpoint
  const token = endpoint.token ?? (tokenFile === undefined ? undefined : readText(tokenFile).trim())
  const isLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  if (token !== undefined && !secure && !isLoopback) {
    throw new CredentialsUnusableError(`a token is not sent to ${host} without TLS`, {
      remedy: `use --url https://${host}:${port}`,
    })
  }
  return {
    target: {
      ...{ host, port },
      ...(authorityFile === undefined ? {} : { ca: readText(authorityFile) }),
    },
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (thrown) {
    throw new CredentialsUnusableError(`cannot read ${path}: ${messageOf(thrown)}`, {
      remedy: 'check REPAVE_TOKEN_FILE, REPAVE_CA and their flags',
    })
  }
}
