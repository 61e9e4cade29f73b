import type { FastifyInstance } from 'fastify'

import type { OperatorServices } from './operator-services.ts'
import { principalOf } from './requests/principal.ts'

/** `/keys`: with which images are signed. Only their public halves ever leave the daemon. */
export function keyRoutes(app: FastifyInstance, { keys }: OperatorServices): void {
  app.get('/keys', async () => ({ items: await keys.listKeys() }))
  app.post('/keys/rotate', async (request) => keys.rotate(principalOf(request)))
}
