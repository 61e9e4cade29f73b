import type { FastifyInstance } from 'fastify'

import { contentFilesSchema } from '../../contract/content-documents.ts'
import type { OperatorServices } from './operator-services.ts'
import { checkedInput } from './requests/checked-input.ts'
import { expectedRevision } from './requests/preconditions.ts'
import { principalOf } from './requests/principal.ts'

/** Folders of content are larger than other bodies. */
const bodyLimit = 8 * 1_048_576

/** `/content`: what is in force, what other content would change, and putting it in force. */
export function contentRoutes(app: FastifyInstance, { content }: OperatorServices): void {
  app.get('/content', async () => content.describe())
  app.get('/content/changes', async () => ({ items: await content.changesOfOwn() }))
  app.post('/content/plan', { bodyLimit }, async (request) =>
    content.plan(checkedInput(contentFilesSchema, request.body).files),
  )
  app.post('/content', { bodyLimit }, async (request) => {
    const { files } = checkedInput(contentFilesSchema, request.body)
    return content.apply(files, principalOf(request), expectedRevision(request))
  })
}
