import { lookup } from 'node:dns/promises'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'

import { inertText } from '../../../../base/ascii.ts'
import { messageOf } from '../../../../base/coded-error.ts'
import type { AddressGuard } from './address-guard.ts'
import { FetchFailedError, UrlRefusedError } from './errors.ts'

/** All addresses of a host name. */
export type ResolveHost = (hostname: string) => Promise<readonly string[]>

export const resolveHost: ResolveHost = async (hostname) =>
  (await lookup(hostname, { all: true, order: 'verbatim' })).map(({ address }) => address)

export interface GuardedRequest {
  readonly url: URL
  readonly guard: AddressGuard
  readonly resolve: ResolveHost
  readonly headers: Readonly<Record<string, string>>
  /** For connection and head of the answer. */
  readonly headMs: number
  readonly signal: AbortSignal | undefined
}

const mostRedirects = 5

/**
 * The one place where the daemon asks another server for anything. Scheme and every address of the
 * host are checked, the connection goes to the very address that was checked (a name may resolve to
 * another one a moment later), and each redirect passes the same gate.
 *
 * @returns the first answer that is no redirect, and where it came from
 * @throws {UrlRefusedError} when the address is not to be asked
 * @throws {FetchFailedError} when nobody answers there
 */
export async function requestGuarded(
  request: GuardedRequest,
): Promise<{ readonly response: IncomingMessage; readonly url: URL }> {
  let url = request.url
  let headers = { ...request.headers, ...authorizationOf(url) }
  for (let redirects = 0; ; redirects++) {
    const response = await requestOnce(url, headers, request)
    const next = redirectTarget(response, url)
    if (next === undefined) return { response, url }
    response.destroy()
    if (redirects === mostRedirects)
      throw new UrlRefusedError(shownUrl(url), 'it redirects too often')
    // A password is for the server it was given for.
    if (next.origin !== url.origin) headers = { ...request.headers }
    url = next
  }
}

/** `https://host/path`: for logs, events and what is kept. Nothing in it is secret. */
export function shownUrl(url: URL): string {
  return inertText(`${url.protocol}//${url.host}${url.pathname}`, 1000)
}

function redirectTarget(response: IncomingMessage, url: URL): URL | undefined {
  const { statusCode = 0, headers } = response
  if (![301, 302, 303, 307, 308].includes(statusCode)) return undefined
  const { location = '' } = headers
  const target =
    location !== '' && URL.canParse(location, url.href) ? new URL(location, url) : undefined
  const refuse = (reason: string) => {
    response.destroy()
    return new UrlRefusedError(shownUrl(url), reason)
  }
  if (target === undefined) throw refuse('it redirects nowhere')
  if (target.username !== '' || target.password !== '') throw refuse('it redirects with a password')
  if (url.protocol === 'https:' && target.protocol === 'http:') {
    throw refuse('it redirects from https to http')
  }
  return target
}

async function requestOnce(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { guard, resolve, headMs, signal }: GuardedRequest,
): Promise<IncomingMessage> {
  const address = await vettedAddress(url, guard, resolve)
  const { promise, resolve: answer, reject } = Promise.withResolvers<IncomingMessage>()
  const open = url.protocol === 'https:' ? requestHttps : requestHttp
  const query = open({
    protocol: url.protocol,
    hostname: hostOf(url),
    port: url.port === '' ? undefined : url.port,
    path: `${url.pathname}${url.search}`,
    headers: { 'accept-encoding': 'identity', 'user-agent': 'repave', ...headers },
    agent: false,
    lookup: (_hostname, options, done) => {
      const family = isIP(address)
      // Happy Eyeballs asks for all addresses: there is one.
      if (options.all === true) done(null, [{ address, family }])
      else done(null, address, family)
    },
    ...(signal === undefined ? {} : { signal }),
  })
  const timer = setTimeout(
    () => query.destroy(new Error(`no answer for ${headMs / 1000} s`)),
    headMs,
  )
  query.on('response', answer)
  query.on('error', (error) => {
    const reason = inertText(messageOf(error), 300)
    reject(new FetchFailedError(shownUrl(url), reason, { isPassing: true, cause: error }))
  })
  query.end()
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    signal?.throwIfAborted()
  }
}

/** @throws {UrlRefusedError} unless every address of the host may be asked */
async function vettedAddress(url: URL, guard: AddressGuard, resolve: ResolveHost): Promise<string> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new UrlRefusedError(inertText(url.protocol, 40), 'only http and https are')
  }
  const host = hostOf(url)
  const addresses = isIP(host) === 0 ? await resolved(url, host, resolve) : [host]
  for (const address of addresses) {
    const why = guard.refusal(address)
    if (why !== undefined) {
      throw new UrlRefusedError(
        shownUrl(url),
        `${address} is ${why}`,
        `add it to images.fetchFrom in repave.yaml when images are to come from there`,
      )
    }
  }
  const [first] = addresses
  if (first === undefined) throw new UrlRefusedError(shownUrl(url), `${host} has no address`)
  return first
}

async function resolved(url: URL, host: string, resolve: ResolveHost): Promise<readonly string[]> {
  try {
    return await resolve(host)
  } catch (error) {
    const reason = inertText(messageOf(error), 300)
    throw new FetchFailedError(shownUrl(url), reason, { isPassing: true, cause: error })
  }
}

/** Without the brackets of an IPv6 address. */
function hostOf(url: URL): string {
  return url.hostname.replaceAll(/^\[|\]$/g, '')
}

function authorizationOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { authorization: `Basic ${Buffer.from(plain).toString('base64')}` }
}
