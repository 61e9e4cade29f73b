import { createHash } from 'node:crypto'

import type { FastifyInstance, FastifyRequest } from 'fastify'

import type { Clock } from '../../../base/clock.ts'
import { CodedError } from '../../../base/coded-error.ts'
import type { AnswerStore } from '../../domain/access/answer-store.ts'
import { ruleOf } from '../routes/route-table.ts'
import { callerOf } from './principal.ts'
import { RequestInvalidError } from './problem.ts'

const keptForMs = 86_400_000

/** The key belongs to another question. */
export class IdempotencyKeyReusedError extends CodedError {
  readonly code = 'ERR_IDEMPOTENCY_KEY_REUSED'

  constructor() {
    super('this Idempotency-Key came with another question before', {
      remedy: 'use a new key for each question, and the same one to repeat it',
    })
  }
}

/** The first request with this key has not been answered yet. */
export class IdempotencyKeyInUseError extends CodedError {
  readonly code = 'ERR_IDEMPOTENCY_KEY_IN_USE'

  constructor() {
    super('a request with this Idempotency-Key is under way', { remedy: 'ask again in a second' })
  }

  override shouldRetry(): boolean {
    return true
  }
}

interface Question {
  readonly key: string
  readonly question: string
}

/**
 * A change that carries an `Idempotency-Key` happens once: asked again within a day, by the same caller with
 * the same words, it gives the first answer, also over a restart. An answer is on disk before it is sent;
 * one that says that the daemon failed is not kept.
 */
export function keepAnswers(
  app: FastifyInstance,
  { answers, clock }: { readonly answers: AnswerStore; readonly clock: Clock },
): void {
  const underWay = new Set<string>()
  const questions = new WeakMap<FastifyRequest, Question>()
  app.addHook('preHandler', async (request, reply) => {
    const asked = questionOf(request)
    if (asked === undefined) return undefined
    if (underWay.has(asked.key)) throw new IdempotencyKeyInUseError()
    underWay.add(asked.key)
    questions.set(request, asked)
    const kept = await answers.findAnswer(asked.key)
    if (kept === undefined || clock.nowMs() - kept.createdAtMs > keptForMs) return undefined
    questions.delete(request)
    underWay.delete(asked.key)
    if (kept.question !== asked.question) throw new IdempotencyKeyReusedError()
    const type = kept.status >= 400 ? 'application/problem+json' : 'application/json; charset=utf-8'
    return reply
      .code(kept.status)
      .header('idempotency-replayed', 'true')
      .type(type)
      .send(kept.body === '' ? undefined : kept.body)
  })
  // Also when the one who asked has gone: the answer is kept for when it is asked again.
  app.addHook('onSend', async (request, reply, payload: unknown) => {
    const asked = questions.get(request)
    if (asked === undefined) return payload
    try {
      if (reply.statusCode >= 500) return payload
      const body = typeof payload === 'string' ? payload : ''
      const createdAtMs = clock.nowMs()
      await answers.keepAnswer({ ...asked, status: reply.statusCode, body, createdAtMs })
      await answers.forgetAnswers(createdAtMs - keptForMs)
      return payload
    } finally {
      underWay.delete(asked.key)
    }
  })
}

/** @throws {RequestInvalidError} where a key is of no use */
function questionOf(request: FastifyRequest): Question | undefined {
  const header = request.headers['idempotency-key']
  const { method, url, routeOptions } = request
  if (header === undefined || routeOptions.url === undefined) return undefined
  if (typeof header !== 'string' || !/^[!-~]{1,255}$/.test(header)) {
    throw new RequestInvalidError('Idempotency-Key: expected 1 to 255 printable characters')
  }
  const { isSecret, bodyType } = ruleOf(method, routeOptions.url)
  if (method === 'GET' || isSecret === true || bodyType !== undefined) {
    throw new RequestInvalidError(`${method} ${routeOptions.url} takes no Idempotency-Key`)
  }
  const key = `${callerOf(request).principal} ${method} ${url} ${header}`
  const words = JSON.stringify(request.body ?? null)
  return { key, question: createHash('sha256').update(words).digest('hex') }
}
