import { Readable } from 'node:stream'

import type { FastifyInstance } from 'fastify'

import type { StoredImage } from '../domain/image/image-store.ts'
import type { OperatorServices } from './operator-services.ts'
import { checkedInput } from './requests/checked-input.ts'
import { principalOf } from './requests/principal.ts'
import { RequestInvalidError, ResourceNotFoundError } from './requests/problem.ts'
import { collectQuerySchema, diffQuerySchema } from './routes/image-rules.ts'

interface ImageParams {
  Params: { name: string }
}

/** `/images` at rest: history, difference, proof, order, and images as one file. */
export function imageKeepingRoutes(app: FastifyInstance, { images }: OperatorServices): void {
  const known = async (reference: string): Promise<StoredImage> => {
    const found = await images.findImage(reference)
    if (found !== undefined) return found
    throw new ResourceNotFoundError(`no image goes by ${reference}`, {
      remedy: 'repave image list',
    })
  }

  app.get<ImageParams>('/images/:name/history', async ({ params }) => {
    const { name } = (await known(params.name)).image
    return { items: await images.history(name) }
  })

  app.get('/images/diff', async (request) => {
    const { from, to } = checkedInput(diffQuerySchema, request.query)
    return images.diff(await known(from), await known(to))
  })

  app.post<ImageParams>('/images/:name/verify', async (request) => {
    const { image } = await known(request.params.name)
    return images.scrub(image, principalOf(request))
  })

  app.post('/images/scrub', async (request) => images.scrub(undefined, principalOf(request)))

  app.post('/images/gc', async (request) => {
    const { dryRun } = checkedInput(collectQuerySchema, request.query)
    return images.collect(dryRun === 'true', principalOf(request))
  })

  app.get<ImageParams>('/images/:name/archive', async (request, reply) => {
    const { sizeBytes, bytes } = images.openArchive(await known(request.params.name))
    return reply
      .type('application/octet-stream')
      .header('content-length', sizeBytes)
      .send(Readable.from(bytes, { objectMode: false, highWaterMark: 1 }))
  })

  app.post('/images/archive', async (request, reply) => {
    if (request.headers['content-type'] !== 'application/octet-stream') {
      throw new RequestInvalidError('expected the image as application/octet-stream')
    }
    const { image } = await images.importArchive({
      // Refused half-way, the connection is still needed: the reason goes back over it.
      bytes: request.raw.iterator({ destroyOnReturn: false }),
      principal: principalOf(request),
    })
    return reply.code(201).send(image)
  })
}
