import type { FastifyInstance, FastifyRequest } from 'fastify'

import { imageSchema } from '../../contract/api-documents.ts'
import { type ImageImport, imageImportSchema, imageUrlSchema } from '../../contract/image-import.ts'
import type { ImportFrom, ImportOrder } from '../domain/image/import-source.ts'
import { importStream } from './import-stream.ts'
import type { OperatorServices } from './operator-services.ts'
import { checkedInput } from './requests/checked-input.ts'
import { pageOf } from './requests/list-page.ts'
import { principalOf } from './requests/principal.ts'
import { RequestInvalidError, ResourceNotFoundError } from './requests/problem.ts'

/** `/images`: list, show, remove, and import: bytes that are sent, or an address to fetch them from. */
export function imageRoutes(app: FastifyInstance, services: OperatorServices): void {
  const { images } = services
  const unknownImage = (name: string) =>
    new ResourceNotFoundError(`no image is called ${name}`, { remedy: 'repave image list' })

  app.get('/images', async (request) =>
    pageOf(request, await images.listImages(), {
      schema: imageSchema,
      keyOf: ({ name, version, digest }) => `${name} ${version} ${digest}`,
    }),
  )

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
    const wishes = checkedInput(imageImportSchema, request.query)
    const order = orderOf(wishes, sourceOf(request, wishes))
    const { name, version, arch, verity } = wishes
    const lines = importStream(services, {
      ...{ name, version, arch, order, principal: principalOf(request) },
      ...(verity === undefined ? {} : { verity }),
      // What is left unread of an upload would otherwise keep its sender waiting.
      onEnd: () => void request.raw.resume(),
    })
    return reply.type('application/x-ndjson').send(lines)
  })
}

function sourceOf(request: FastifyRequest, { fileName }: ImageImport): ImportFrom {
  const contentType = request.headers['content-type']
  if (contentType === 'application/octet-stream') {
    const length = request.headers['content-length']
    return {
      kind: 'upload',
      origin: fileName === undefined ? { kind: 'stdin' } : { kind: 'file', name: fileName },
      bytes: request.raw,
      ...(length === undefined ? {} : { sizeBytes: Number(length) }),
    }
  }
  if (contentType?.startsWith('application/json') === true) {
    return { kind: 'url', url: checkedInput(imageUrlSchema, request.body).url }
  }
  throw new RequestInvalidError(
    'expected the image as application/octet-stream, or its URL as application/json',
  )
}

function orderOf(wishes: ImageImport, from: ImportFrom): ImportOrder {
  const { format, opaque, sectorBytes, checksum, rawChecksum } = wishes
  return {
    from,
    opaque: opaque === 'true',
    ...(format === undefined ? {} : { format }),
    ...(sectorBytes === undefined ? {} : { sectorBytes: sectorBytes === '512' ? 512 : 4096 }),
    ...(checksum === undefined ? {} : { checksum }),
    ...(rawChecksum === undefined ? {} : { rawChecksum }),
  }
}
