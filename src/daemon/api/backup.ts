import { Readable } from 'node:stream'

import type { FastifyInstance } from 'fastify'

import type { OperatorServices } from './operator-services.ts'

/** `/backup`: everything as one stream; a change, for the audit log, because it hands out every key. */
export function backupRoutes(app: FastifyInstance, services: OperatorServices): void {
  app.post('/backup', async (_request, reply) =>
    reply
      .type('application/octet-stream')
      .header('cache-control', 'no-store')
      .send(Readable.from(services.readBackup(), { objectMode: false })),
  )
}
