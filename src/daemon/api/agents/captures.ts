import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'

import {
  captureAttemptHeader,
  captureChunkBytes,
  type CapturedImage,
  captureFinishSchema,
  type CaptureState,
} from '../../../contract/capture.ts'
import type { Capture, CaptureDesk, CaptureSpool } from '../../domain/image/capture-spool.ts'
import { checkedInput } from '../requests/checked-input.ts'
import { problemOf, ResourceNotFoundError } from '../requests/problem.ts'

export interface CaptureServices {
  readonly desk: CaptureDesk
  readonly spool: CaptureSpool
}

/** Chunks are sent compressed; bytes that do not compress grow a little. */
const longestFrameBytes = captureChunkBytes + 64 * 1024
/** A million digests. */
const longestFinishBytes = 96 * 1024 * 1024
const chunkIndexSchema = z.coerce.number().int().min(0).max(1_048_575)

/** `/captures/KEY`, as ../../contract/capture.ts describes it. Who has no capture under way learns nothing. */
export async function registerCaptures(
  app: FastifyInstance,
  { desk, spool }: CaptureServices,
): Promise<void> {
  const captureOf = async (request: FastifyRequest): Promise<Capture> => {
    const { key = '' } = request.params as { key?: string }
    const attemptId = request.headers[captureAttemptHeader]
    const isAsked = /^[\w-]{43}$/.test(key) && typeof attemptId === 'string'
    const capture = isAsked ? await desk.captureOf(key, attemptId) : undefined
    if (capture === undefined) throw new ResourceNotFoundError('no such capture is under way')
    return capture
  }
  await app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => {
      const problem = problemOf(error)
      return reply.code(problem.status).type('application/problem+json').send(problem)
    })
    scope.addContentTypeParser(
      'application/zstd',
      { parseAs: 'buffer', bodyLimit: longestFrameBytes },
      (_request, body, done) => done(null, body),
    )
    scope.get('/captures/:key', async (request): Promise<CaptureState> => {
      const { runId } = await captureOf(request)
      return { stored: [...(await spool.storedChunks(runId))] }
    })
    scope.put('/captures/:key/chunks/:index', async (request, reply) => {
      const capture = await captureOf(request)
      const { index } = request.params as { index?: string }
      const body = checkedInput(z.instanceof(Uint8Array), request.body)
      await spool.storeChunk(capture, checkedInput(chunkIndexSchema, index), body)
      return reply.code(204).send()
    })
    scope.post(
      '/captures/:key/finish',
      { bodyLimit: longestFinishBytes },
      async (request): Promise<CapturedImage> => {
        const capture = await captureOf(request)
        const { image } = await spool.finish(
          capture,
          checkedInput(captureFinishSchema, request.body),
        )
        return { name: image.name, version: image.version, digest: image.digest }
      },
    )
  })
}
