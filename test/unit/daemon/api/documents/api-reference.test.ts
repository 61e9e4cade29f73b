import { expect, it } from 'vitest'

import { openApiDocument } from '../../../../../src/daemon/api/documents/open-api.ts'
import { apiRules } from '../../../../../src/daemon/api/routes/route-table.ts'
import { apiReference, type OpenApi } from '../../../../fakes/api-reference.ts'

it('docs/api-reference.md tells every request (vitest -u writes it)', async () => {
  const document = openApiDocument(apiRules, '0') as unknown as OpenApi
  const page = apiReference(document)
  expect(page.match(/^## /gm)).toHaveLength(Object.keys(apiRules).length)
  await expect(page).toMatchFileSnapshot('../../../../../docs/api-reference.md')
})
