import { z } from 'zod'

import { roleCovers, roles } from '../../../contract/access.ts'
import { problemSchema } from '../../../contract/status-documents.ts'
import { pageParameters } from '../requests/list-page.ts'
import type { RouteRule, RouteRules } from '../routes/route-rule.ts'
import { type JsonObject, jsonSchemaOf } from './json-schema.ts'

/** Headers that a change may carry. */
function headersOf({ isRevised, isSecret, bodyType }: RouteRule): Readonly<Record<string, string>> {
  const match = 'The ETag that the change is based on; refused with 412 when it is another by now'
  const key = 'Makes a repeated request give the first answer again, for a day'
  return {
    ...(isRevised ? { 'If-Match': match } : {}),
    ...(isSecret || bodyType !== undefined ? {} : { 'Idempotency-Key': key }),
  }
}

/** How a list is filtered and cut into pages. */
function listParameters(item: z.ZodObject): readonly JsonObject[] {
  const { properties = {} } = jsonSchemaOf(z.object(pageParameters)) as {
    properties?: Record<string, object>
  }
  const paging = Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', schema },
  }))
  const members = Object.keys(item.shape).map((name) => ({
    ...{ name, in: 'query', schema: { type: 'string' } },
    description:
      'Eq Ne Lt Lte Gt Gte Between Except In Nin Re, such as Re(^web-); or a plain value',
  }))
  return [...paging, ...members]
}

/** The OpenAPI 3.1 document of the operators' interface, made from the table that it is held to. */
export function openApiDocument(rules: RouteRules, version: string): JsonObject {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [route, rule] of Object.entries(rules)) {
    const [method = '', url = ''] = route.split(' ')
    const path = url.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [method.toLowerCase()]: operationOf(method, url, rule) }
  }
  return {
    openapi: '3.1.1',
    info: {
      ...{ title: 'Repave', version },
      description: 'Bare metal from known images: the interface for operators.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'the daemon that serves this document' }],
    security: [{ bearer: [] }],
    tags: tagsOf(rules),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          ...{ type: 'http', scheme: 'bearer' },
          description: 'repave token create NAME --role ROLE; not needed on the unix socket',
        },
      },
      schemas: { Problem: jsonSchemaOf(problemSchema) },
      responses: {
        Problem: {
          description: 'Refused, with the reason and what to do (RFC 9457)',
          content: {
            'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
          },
        },
      },
    },
  }
}

function operationOf(method: string, url: string, rule: RouteRule): JsonObject {
  const { role, summary, body, bodyType, about } = rule
  const content = {
    ...(bodyType === undefined ? {} : { [bodyType]: {} }),
    ...(body === undefined ? {} : { 'application/json': { schema: jsonSchemaOf(body) } }),
  }
  const isOpen = role === 'anyone'
  const allowed = isOpen ? 'anyone' : roles.filter((each) => roleCovers(each, role)).join(', ')
  return {
    operationId: operationId(method, url),
    tags: [tagOf(url)],
    summary,
    description: `Roles: ${allowed}. About: ${about}.`,
    ...(isOpen ? { security: [] } : {}),
    ...withParameters(method, url, rule),
    ...(Object.keys(content).length === 0 ? {} : { requestBody: { content } }),
    responses: {
      [String(rule.status ?? 200)]: answerOf(rule),
      '4XX': { $ref: '#/components/responses/Problem' },
      '5XX': { $ref: '#/components/responses/Problem' },
    },
  }
}

function withParameters(method: string, url: string, rule: RouteRule): JsonObject {
  const { query, item } = rule
  const inPath = [...url.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }))
  const { properties = {}, required = [] } = (query === undefined ? {} : jsonSchemaOf(query)) as {
    properties?: Record<string, object>
    required?: string[]
  }
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: 'query', required: required.includes(name), schema },
  }))
  const inList = item === undefined ? [] : listParameters(item)
  const inHead =
    method === 'GET'
      ? []
      : Object.entries(headersOf(rule)).map(([name, description]) => ({
          ...{ name, in: 'header', description, schema: { type: 'string' } },
        }))
  const parameters = [...inPath, ...inQuery, ...inList, ...inHead]
  return parameters.length === 0 ? {} : { parameters }
}

function answerOf({ answer, answerType, status, summary }: RouteRule): JsonObject {
  const description = status === 204 ? 'Done' : summary
  if (answer !== undefined) {
    return { description, content: { 'application/json': { schema: jsonSchemaOf(answer) } } }
  }
  return answerType === undefined ? { description } : { description, content: { [answerType]: {} } }
}

/** `POST /api/v1/runs/:id/cancel` is `postRunsIdCancel`. */
function operationId(method: string, url: string): string {
  const words = url
    .replace('/api/v1', '')
    .split(/[/:.-]+/)
    .filter(Boolean)
  return [
    method.toLowerCase(),
    ...words.map((word) => word[0]?.toUpperCase() + word.slice(1)),
  ].join('')
}

/** The noun: `runs`; what stands beside the versioned interface is of the daemon. */
function tagOf(url: string): string {
  return /^\/api\/v1\/([a-z-]+)/.exec(url)?.[1] ?? 'daemon'
}

function tagsOf(rules: RouteRules): readonly JsonObject[] {
  const names = new Set(Object.keys(rules).map((route) => tagOf(route.split(' ')[1] ?? '')))
  return [...names].sort().map((name) => ({ name }))
}
