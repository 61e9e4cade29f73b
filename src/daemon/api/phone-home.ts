import type { FastifyInstance } from 'fastify'

import { readIpv4Address } from '../../base/ipv4-address.ts'
import type { PhoneHomeDesk } from '../domain/machine/agent-desk.ts'

/** cloud-init sends a few short form fields; none of them is needed. */
const maximumBodyBytes = 4096

/**
 * `POST /phone-home/NONCE`: the installed system's one call. 200 as often as it comes, 404 for a nonce
 * that was never given out. The body is not looked at: whoever has the nonce needs to say no more.
 */
export async function registerPhoneHome(app: FastifyInstance, desk: PhoneHomeDesk): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    const options = { parseAs: 'string', bodyLimit: maximumBodyBytes } as const
    scope.addContentTypeParser('*', options, (_request, _body, done) => done(null))
    scope.post<{ Params: { nonce: string } }>(
      '/phone-home/:nonce',
      { bodyLimit: maximumBodyBytes },
      async (request, reply) => {
        const { nonce } = request.params
        const address = remoteIpv4Address(request.socket.remoteAddress)
        const isNonce = /^[\w-]{43}$/.test(nonce)
        const answer = isNonce ? await desk.phoneHome(nonce, address) : 'unknown'
        return reply
          .code(answer === 'known' ? 200 : 404)
          .type('text/plain')
          .send(answer === 'known' ? 'welcome home\n' : 'unknown\n')
      },
    )
  })
}

/** Undefined for IPv6 proper; an IPv4 address in IPv6's clothes is unwrapped. */
export function remoteIpv4Address(remoteAddress: string | undefined) {
  return readIpv4Address(remoteAddress?.replace(/^::ffff:/, '') ?? '')
}
