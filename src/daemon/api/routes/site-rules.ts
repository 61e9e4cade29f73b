import { z } from 'zod'

import {
  createdTokenSchema,
  newTokenSchema,
  tokenFactsSchema,
  tokenListSchema,
  webLoginSchema,
} from '../../../contract/access.ts'
import { eventListSchema } from '../../../contract/api-documents.ts'
import { auditListSchema, auditVerdictSchema } from '../../../contract/audit.ts'
import { topicSchema } from '../../../contract/event.ts'
import { statusSchema } from '../../../contract/status-documents.ts'
import type { RouteRules } from './route-rule.ts'

export const auditQuerySchema = z.strictObject({
  since: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})
export const eventQuerySchema = z.strictObject({
  since: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  /** Only what is about this machine: its name, id or MAC address. */
  machine: z.string().min(1).max(256).optional(),
  topic: topicSchema.optional(),
})

export const siteRules: RouteRules = {
  'GET /healthz': {
    ...{ role: 'anyone', about: 'site', summary: 'Whether the daemon answers' },
    answer: z.object({ status: z.literal('ok') }),
  },
  'GET /metrics': {
    ...{
      role: 'viewer',
      about: 'site',
      summary: 'Figures for Prometheus',
      answerType: 'text/plain',
    },
  },
  'GET /docs': {
    ...{ role: 'anyone', about: 'site', summary: 'This list, for people', answerType: 'text/html' },
  },
  'GET /docs/openapi.json': {
    ...{ role: 'anyone', about: 'site', summary: 'OpenAPI 3.1 of the requests' },
    answer: z.record(z.string(), z.json()),
  },
  'GET /docs/asyncapi.json': {
    ...{ role: 'anyone', about: 'site', summary: 'AsyncAPI 3 of the websocket' },
    answer: z.record(z.string(), z.json()),
  },
  'GET /api/v1/status': {
    ...{ role: 'viewer', about: 'site', summary: 'The daemon: servers, counters, counts' },
    answer: statusSchema,
  },
  'GET /api/v1/events': {
    ...{ role: 'viewer', about: 'machines', summary: 'What happened, from a cursor on' },
    ...{ query: eventQuerySchema, answer: eventListSchema },
  },
  'GET /api/v1/ws': {
    ...{ role: 'viewer', about: 'machines', summary: 'What happens, as it happens (AsyncAPI)' },
    ...{ status: 101, authenticatesLater: true },
  },
  'GET /api/v1/audit': {
    ...{ role: 'admin', about: 'site', summary: 'Who changed what, from an entry on' },
    ...{ query: auditQuerySchema, answer: auditListSchema },
  },
  'GET /api/v1/audit/verdict': {
    ...{ role: 'admin', about: 'site', summary: 'Whether an entry was changed or taken out' },
    answer: auditVerdictSchema,
  },
  'POST /api/v1/backup': {
    ...{ role: 'admin', about: 'site', summary: 'Database, keys and secrets as one stream' },
    ...{ answerType: 'application/octet-stream', isSecret: true },
  },
  'GET /api/v1/tokens': {
    ...{ role: 'admin', about: 'site', summary: 'Bearer tokens, without their secrets' },
    ...{ answer: tokenListSchema, item: tokenFactsSchema },
  },
  'POST /api/v1/tokens': {
    ...{ role: 'admin', about: 'site', summary: 'Make a bearer token; shown this once' },
    ...{ body: newTokenSchema, answer: createdTokenSchema, status: 201, isSecret: true },
  },
  'DELETE /api/v1/tokens/:reference': {
    ...{ role: 'admin', about: 'site', summary: 'End a token, its connections too' },
    answer: tokenFactsSchema,
  },
  'POST /api/v1/web-logins': {
    ...{ role: 'viewer', about: 'machines', summary: 'Make such a link' },
    ...{ answer: webLoginSchema, status: 201, isSecret: true },
  },
}
