import type { FastifyInstance } from 'fastify'

import { readIpv4Address } from '../../../base/ipv4-address.ts'
import { nameSchema } from '../../../contract/values.ts'
import type { EndedScript, PhoneHomeDesk } from '../../domain/machine/agent-desk.ts'

/** cloud-init sends a few short form fields; none of them is needed. */
const maximumBodyBytes = 4096
const noncePattern = /^[\w-]{43}$/

/**
 * `POST /phone-home/NONCE`: the installed system's one call. 200 as often as it comes, 404 for a nonce
 * that was never given out. The body is not looked at: whoever has the nonce needs to say no more.
 *
 * `POST /phone-home/NONCE/scripts/TASK`: how a script of the workflow ended there. The answer, `go on` or
 * `stop`, says whether the next one is to be run.
 */
export async function registerPhoneHome(app: FastifyInstance, desk: PhoneHomeDesk): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    const options = { parseAs: 'string', bodyLimit: maximumBodyBytes } as const
    scope.addContentTypeParser('*', options, (_request, body, done) => done(null, body))
    scope.post<{ Params: { nonce: string } }>(
      '/phone-home/:nonce',
      { bodyLimit: maximumBodyBytes },
      async (request, reply) => {
        const { nonce } = request.params
        const address = remoteIpv4Address(request.socket.remoteAddress)
        const answer = noncePattern.test(nonce) ? await desk.phoneHome(nonce, address) : 'unknown'
        return reply
          .code(answer === 'known' ? 200 : 404)
          .type('text/plain')
          .send(answer === 'known' ? 'welcome home\n' : 'unknown\n')
      },
    )
    scope.post<{ Params: { nonce: string; task: string } }>(
      '/phone-home/:nonce/scripts/:task',
      { bodyLimit: maximumBodyBytes },
      async (request, reply) => {
        const { nonce, task } = request.params
        const ended = readEnded(task, request.body)
        const isNamed = noncePattern.test(nonce) && ended !== undefined
        const answer = isNamed ? await desk.scriptEnded(nonce, ended) : 'unknown'
        const text = { 'go-on': 'go on\n', stop: 'stop\n', unknown: 'unknown\n' }[answer]
        return reply
          .code(answer === 'unknown' ? 404 : 200)
          .type('text/plain')
          .send(text)
      },
    )
  })
}

/** `exit_code=1&output=…`, as a form. */
function readEnded(task: string, body: unknown): EndedScript | undefined {
  if (!nameSchema.safeParse(task).success || typeof body !== 'string') return undefined
  const fields = new URLSearchParams(body)
  const exitCode = fields.get('exit_code') ?? ''
  if (!/^\d{1,3}$/.test(exitCode)) return undefined
  return { task, exitCode: Number(exitCode), output: fields.get('output') ?? '' }
}

/** Undefined for IPv6 proper; an IPv4 address in IPv6's clothes is unwrapped. */
export function remoteIpv4Address(remoteAddress: string | undefined) {
  return readIpv4Address(remoteAddress?.replace(/^::ffff:/, '') ?? '')
}
