import type { FastifyInstance } from 'fastify'

import { asyncApiDocument } from './documents/async-api.ts'
import { openApiDocument } from './documents/open-api.ts'
import type { OperatorServices } from './operator-services.ts'
import { apiRules } from './routes/route-table.ts'

/** `/docs`: what can be asked, for people and for programs. The page loads nothing from elsewhere. */
export function documentRoutes(app: FastifyInstance, services: OperatorServices): void {
  const version = async () => (await services.readStatus()).version
  app.get('/docs/openapi.json', async () => openApiDocument(apiRules, await version()))
  app.get('/docs/asyncapi.json', async () => asyncApiDocument(await version()))
  app.get('/docs', async (_request, reply) =>
    reply
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .type('text/html; charset=utf-8')
      .send(page()),
  )
}

function page(): string {
  const rows = Object.entries(apiRules).map(
    ([route, { role, summary }]) =>
      `<tr><td><code>${text(route)}</code><td>${role}<td>${text(summary)}`,
  )
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Repave API</title>
<style>body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
td,th{padding:.2rem 1rem .2rem 0;text-align:left;vertical-align:top}</style>
<h1>Repave API</h1>
<p>For programs: <a href="/docs/openapi.json">OpenAPI 3.1</a> of the requests below,
<a href="/docs/asyncapi.json">AsyncAPI 3</a> of the websocket <code>/api/v1/ws</code>.</p>
<table><tr><th>request<th>role<th>${rows.join('\n')}</table></html>`
}

function text(plain: string): string {
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
