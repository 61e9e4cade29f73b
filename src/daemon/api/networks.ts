import type { FastifyInstance } from 'fastify'

import { leaseSchema } from '../../contract/network-documents.ts'
import { ipv4AddressSchema } from '../../contract/values.ts'
import type { OperatorServices } from './operator-services.ts'
import { checkedInput } from './requests/checked-input.ts'
import { pageOf } from './requests/list-page.ts'
import { principalOf } from './requests/principal.ts'

/** `/leases` and `/subnets`: who has which address, and what is served where. */
export function networkRoutes(app: FastifyInstance, { networks }: OperatorServices): void {
  app.get('/leases', async (request) =>
    pageOf(request, networks.listLeases(), {
      schema: leaseSchema,
      keyOf: ({ address }) => address,
    }),
  )

  app.delete<{ Params: { address: string } }>('/leases/:address', async (request, reply) => {
    const address = checkedInput(ipv4AddressSchema, request.params.address)
    await networks.releaseLease(address, principalOf(request))
    return reply.code(204).send()
  })

  app.get('/subnets', async () => networks.listSubnets())
}
