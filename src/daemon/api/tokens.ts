import type { FastifyInstance } from 'fastify'

import { newTokenSchema, tokenFactsSchema } from '../../contract/access.ts'
import type { OperatorServices } from './operator-services.ts'
import { checkedInput } from './requests/checked-input.ts'
import { pageOf } from './requests/list-page.ts'
import { principalOf } from './requests/principal.ts'

/** `/tokens`: make, list, revoke. */
export function tokenRoutes(app: FastifyInstance, { tokens }: OperatorServices): void {
  app.get('/tokens', async (request) =>
    pageOf(request, tokens.listTokens(), { schema: tokenFactsSchema, keyOf: ({ id }) => id }),
  )

  app.post('/tokens', async (request, reply) => {
    const wanted = checkedInput(newTokenSchema, request.body)
    const created = await tokens.createToken(wanted, principalOf(request))
    return reply.code(201).header('cache-control', 'no-store').send(created)
  })

  app.delete<{ Params: { reference: string } }>('/tokens/:reference', async (request) =>
    tokens.revokeToken(request.params.reference, principalOf(request)),
  )
}
