import { z } from 'zod'

import { imageListSchema, imageSchema } from '../../../contract/api-documents.ts'
import {
  collectedSchema,
  imageDiffSchema,
  imageHistorySchema,
  keyRotationSchema,
  scrubbedSchema,
  signingKeyListSchema,
} from '../../../contract/image-documents.ts'
import { imageImportSchema } from '../../../contract/image-import.ts'
import { imageReferenceSchema } from '../../../contract/values.ts'
import type { RouteRules } from './route-rule.ts'

export const diffQuerySchema = z.strictObject({
  from: imageReferenceSchema,
  to: imageReferenceSchema,
})
export const collectQuerySchema = z.strictObject({
  dryRun: z.enum(['true', 'false']).default('false'),
})

const bytes = 'application/octet-stream'

export const imageRules: RouteRules = {
  'GET /api/v1/images': {
    ...{ role: 'viewer', about: 'site', summary: 'Every image' },
    ...{ answer: imageListSchema, item: imageSchema },
  },
  'POST /api/v1/images': {
    ...{ role: 'operator', about: 'site', summary: 'Import a disk image; progress, a line each' },
    ...{ query: imageImportSchema, bodyType: bytes, answerType: 'application/x-ndjson' },
  },
  'GET /api/v1/images/:name': {
    ...{ role: 'viewer', about: 'site', summary: 'One image, by name, name@version or digest' },
    answer: imageSchema,
  },
  'DELETE /api/v1/images/:name': {
    ...{ role: 'operator', about: 'site', summary: 'Take an image off its name', status: 204 },
  },
  'GET /api/v1/images/:name/history': {
    ...{ role: 'viewer', about: 'site', summary: 'Every version of an image' },
    answer: z.object({ items: z.array(imageHistorySchema) }),
  },
  'GET /api/v1/images/diff': {
    ...{ role: 'viewer', about: 'site', summary: 'What two images have in common' },
    ...{ query: diffQuerySchema, answer: imageDiffSchema },
  },
  'POST /api/v1/images/:name/verify': {
    ...{ role: 'operator', about: 'site', summary: 'Compare an image with its digests' },
    answer: scrubbedSchema,
  },
  'POST /api/v1/images/scrub': {
    ...{ role: 'operator', about: 'site', summary: 'Compare every image with its digests' },
    answer: scrubbedSchema,
  },
  'POST /api/v1/images/gc': {
    ...{ role: 'operator', about: 'site', summary: 'Remove bytes that no image needs' },
    ...{ query: collectQuerySchema, answer: collectedSchema },
  },
  'GET /api/v1/images/:name/archive': {
    ...{ role: 'viewer', about: 'site', summary: 'An image as one file', answerType: bytes },
  },
  'POST /api/v1/images/archive': {
    ...{ role: 'operator', about: 'site', summary: 'Take in an image from such a file' },
    ...{ bodyType: bytes, answer: imageSchema, status: 201 },
  },
  'GET /api/v1/keys': {
    ...{ role: 'viewer', about: 'site', summary: 'Keys that sign images, their public halves' },
    answer: signingKeyListSchema,
  },
  'POST /api/v1/keys/rotate': {
    ...{ role: 'admin', about: 'site', summary: 'Sign every image with the next key' },
    answer: keyRotationSchema,
  },
}
