import type { FastifyInstance } from 'fastify'
import { z } from 'zod'

import { nameSchema } from '../../contract/values.ts'
import { checkedInput } from './checked-input.ts'
import { importStream } from './import-stream.ts'
import type { OperatorServices } from './operator-services.ts'
import { principalOf } from './principal.ts'
import { RequestInvalidError, ResourceNotFoundError } from './problem.ts'

const importQuerySchema = z.strictObject({
  name: nameSchema,
  version: z.string().min(1).max(64).default('1'),
})

/** `/images`: list, show, remove, and import by streaming the bytes in. */
export function imageRoutes(app: FastifyInstance, services: OperatorServices): void {
  const { images } = services
  const unknownImage = (name: string) =>
    new ResourceNotFoundError(`no image is called ${name}`, { remedy: 'repave image list' })

  app.get('/images', async () => ({ items: await images.listImages() }))

  app.get<{ Params: { name: string } }>('/images/:name', async (request) => {
    const found = await images.findImage(request.params.name)
    if (found === undefined) throw unknownImage(request.params.name)
    return found.image
  })

  app.delete<{ Params: { name: string } }>('/images/:name', async (request, reply) => {
    const removed = await images.remove(request.params.name, principalOf(request))
    if (removed === undefined) throw unknownImage(request.params.name)
    return reply.code(204).send()
  })

  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => {
    done(null, payload)
  })
  app.post('/images', async (request, reply) => {
    const { name, version } = checkedInput(importQuerySchema, request.query)
    if (request.headers['content-type'] !== 'application/octet-stream') {
      throw new RequestInvalidError('expected the image as application/octet-stream')
    }
    const lines = importStream(services, { name, version, source: request.raw })
    return reply.type('application/x-ndjson').send(lines)
  })
}
