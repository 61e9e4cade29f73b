import { z } from 'zod'

import { roles } from './access.ts'
import { eventSchema, topicSchema } from './event.ts'
import { machineSchema } from './machine.ts'
import { runSchema, writeProgressSchema } from './run.ts'

/**
 * JSON text frames on the operators' websocket (`/api/v1/ws`).
 *
 * `subscribe` answers `subscribed` with the snapshot at `seq`, then every event after `since` (or after
 * the snapshot where `since` is absent) that a topic covers, in order, no gap, no repeat. `progress` is
 * live only and carries no number. `lagging` ends a subscription that read too slowly: subscribe again
 * with `since` set to the last `seq` seen.
 */
export const operatorToDaemonSchema = z.discriminatedUnion('frame', [
  /** First of all, over TCP, where the request carried no `Authorization: Bearer`. */
  z.strictObject({
    frame: z.literal('authenticate'),
    id: z.string().max(64),
    token: z.string().max(128),
  }),
  z.strictObject({
    frame: z.literal('subscribe'),
    /** Chosen by the client; every answer carries it. */
    id: z.string().max(64),
    topics: z.array(topicSchema).min(1).max(64),
    since: z.number().int().nonnegative().optional(),
    /** Whether events come as `events` frames, many at a time. Default false: each in a frame of its own. */
    batch: z.boolean().optional(),
  }),
  z.strictObject({ frame: z.literal('unsubscribe'), id: z.string().max(64) }),
])
export type OperatorToDaemon = z.infer<typeof operatorToDaemonSchema>

export const daemonToOperatorSchema = z.discriminatedUnion('frame', [
  z.object({
    frame: z.literal('authenticated'),
    id: z.string(),
    principal: z.string(),
    role: z.enum(roles),
  }),
  z.object({
    frame: z.literal('subscribed'),
    id: z.string(),
    seq: z.number().int().nonnegative(),
    machines: z.array(machineSchema),
    runs: z.array(runSchema),
  }),
  z.object({ frame: z.literal('event'), id: z.string(), event: eventSchema }),
  z.object({ frame: z.literal('events'), id: z.string(), events: z.array(eventSchema) }),
  z.object({
    frame: z.literal('progress'),
    id: z.string(),
    machineId: z.uuid(),
    runId: z.uuid(),
    progress: writeProgressSchema,
  }),
  z.object({
    frame: z.literal('lagging'),
    id: z.string(),
    lastSeq: z.number().int().nonnegative(),
  }),
  z.object({
    frame: z.literal('error'),
    id: z.string().optional(),
    code: z.string(),
    message: z.string(),
  }),
])
export type DaemonToOperator = z.infer<typeof daemonToOperatorSchema>
