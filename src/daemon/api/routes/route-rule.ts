import type { z } from 'zod'

import type { Role } from '../../../contract/access.ts'

/**
 * What a request is about, which is what a token that is limited to some machines is held to:
 * `site` it may read and never change · `machines` the handler shows it only its own · `machine` and
 * `run` the one that the address names · `wanted-machine` the one that the body names.
 */
export type RouteSubject = 'site' | 'machines' | 'machine' | 'run' | 'wanted-machine'

/** Who may use a route, and what the OpenAPI document says of it. */
export interface RouteRule {
  /** `anyone`: without a token too. */
  readonly role: Role | 'anyone'
  readonly about: RouteSubject
  readonly summary: string
  /** Name and schema of what the query may hold. */
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  /** Of a body that is no JSON. */
  readonly bodyType?: string
  /** Absent where the answer is not JSON, or empty. */
  readonly answer?: z.ZodType
  /** Of an answer that is no JSON. */
  readonly answerType?: string
  /** Of the answer. Default 200. */
  readonly status?: number
  /** What is changed, or made, has a revision: `If-Match` is heeded. Elsewhere it is refused. */
  readonly isRevised?: true
  /** The answer holds a secret, and is kept nowhere. */
  readonly isSecret?: true
  /** Whose members a list can be filtered by. */
  readonly item?: z.ZodObject
  /** A browser's session suffices, where it only reads. */
  readonly takesCookie?: true
  /** A websocket may prove who it is in its first frame instead of in its head. */
  readonly authenticatesLater?: true
}

/** Rules by method and address: `POST /api/v1/runs/:id/cancel`. */
export type RouteRules = Readonly<Record<string, RouteRule>>
