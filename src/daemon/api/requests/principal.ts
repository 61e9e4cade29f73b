import type { FastifyRequest } from 'fastify'

import type { Caller } from '../../domain/access/caller.ts'
import { UnauthenticatedError } from './problem.ts'

const callers = new WeakMap<FastifyRequest, Caller>()

/** Told by whoever found out. */
export function setCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller)
}

/** @throws {UnauthenticatedError} when nobody proved to be anyone */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request)
  if (caller === undefined) throw new UnauthenticatedError('this needs a token')
  return caller
}

/** The caller of a websocket, where its head said who it is. */
export function knownCallerOf(request: FastifyRequest): Caller | undefined {
  return callers.get(request)
}

/** Who asks, as events record it. */
export function principalOf(request: FastifyRequest): string {
  return callerOf(request).principal
}
