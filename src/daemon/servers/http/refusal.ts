import type { ServerResponse } from 'node:http'

import { inertText } from '../../../base/ascii.ts'
import { CodedError } from '../../../base/coded-error.ts'
import type { Problem } from '../../../contract/status-documents.ts'
import { BootRequestRefusedError } from '../boot-files/boot-file-errors.ts'

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  426: 'Upgrade Required',
  500: 'Internal Server Error',
}

export const nothingServedHere = refusal(404, 'ERR_NOT_FOUND', 'nothing is served under this path')

export const tlsRequired = refusal(
  426,
  'ERR_TLS_REQUIRED',
  'this is spoken over TLS only: a machine that booted without it has to boot again',
)

/**
 * What a machine is told about anything that was thrown: the facts of a request that it got wrong, and
 * of our own faults nothing but that they are in the log.
 */
export function refusalOf(thrown: unknown): Problem {
  if (thrown instanceof BootRequestRefusedError) {
    return refusal(thrown.statusCode, thrown.code, thrown.message)
  }
  const statusCode = clientFaultStatus(thrown)
  if (statusCode !== undefined) {
    return refusal(statusCode, 'ERR_REQUEST_INVALID', 'the request is not understood')
  }
  return refusal(500, 'ERR_INTERNAL', 'the daemon could not serve this; its log says why')
}

/** What fastify itself refuses, by its status: a bad URL, a body that is too large. */
function clientFaultStatus(thrown: unknown): number | undefined {
  if (thrown instanceof CodedError) return undefined
  const { statusCode } = (thrown ?? {}) as { statusCode?: unknown }
  const isClientFault = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
  return isClientFault ? statusCode : undefined
}

function refusal(status: number, code: string, detail: string): Problem {
  return {
    type: `urn:repave:error:${code}`,
    title: titles[status] ?? 'Error',
    status,
    code,
    detail: inertText(detail),
  }
}

/** Sends a refusal in the place of a file; only while no header has left. */
export function sendRefusal(response: ServerResponse, problem: Problem): void {
  const body = Buffer.from(JSON.stringify(problem))
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': String(body.length),
    'x-content-type-options': 'nosniff',
    ...(problem.status === 405 ? { allow: 'GET' } : {}),
  })
  response.end(body)
}
