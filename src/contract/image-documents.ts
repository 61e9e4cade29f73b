import { z } from 'zod'

import { imageSchema } from './api-documents.ts'
import { byteCountSchema, digestSchema, nameSchema, timeMsSchema } from './values.ts'

/** Bodies of the REST interface that are about images at rest. */

/** `GET /api/v1/images/NAME/history`: newest version first. */
export const imageHistorySchema = z.object({
  items: z.array(
    imageSchema.extend({
      /** Names of the machines whose disk is proven to hold it. */
      deployedOn: z.array(z.string()),
    }),
  ),
})
export type ImageVersion = z.infer<typeof imageHistorySchema>['items'][number]

/** `GET /api/v1/images/diff?from=&to=`. Zeros count as neither shared nor changed. */
export const imageDiffSchema = z.object({
  from: imageSchema,
  to: imageSchema,
  /** Raw chunks of `to` whose place on the disk holds the same bytes in `from`. */
  unchangedChunks: z.number().int(),
  unchangedBytes: byteCountSchema,
  /** Chunks that a disk with `from` on it has to be given, zeros included. */
  changedChunks: z.number().int(),
  changedBytes: byteCountSchema,
  /** Stored bytes that such a machine fetches. */
  fetchBytes: byteCountSchema,
  /** Stored bytes that both keep once. */
  sharedStoredBytes: byteCountSchema,
  /** Stored bytes that only `to` has. */
  ownStoredBytes: byteCountSchema,
})
export type ImageDiff = z.infer<typeof imageDiffSchema>

/** `POST /api/v1/images/gc`. */
export const collectedSchema = z.object({
  dryRun: z.boolean(),
  /** Images that no name has any more and no run needs. */
  removedImages: z.array(z.object({ name: nameSchema, version: z.string(), digest: digestSchema })),
  freedBytes: byteCountSchema,
  /** What the store holds afterwards. */
  storedBytes: byteCountSchema,
})
export type Collected = z.infer<typeof collectedSchema>

/** `POST /api/v1/images/scrub`, `POST /api/v1/images/NAME/verify`. */
export const scrubbedSchema = z.object({
  checkedChunks: z.number().int(),
  checkedBytes: byteCountSchema,
  damagedChunks: z.number().int(),
  /** Images that are in quarantine now. */
  quarantined: z.array(z.string()),
  /** Images that were in quarantine and are whole again. */
  released: z.array(z.string()),
})
export type Scrubbed = z.infer<typeof scrubbedSchema>

/** `GET /api/v1/keys`. The first signs; agents that boot now trust all of them. */
export const signingKeySchema = z.object({
  keyId: z.string(),
  publicKeyBase64: z.string(),
  role: z.enum(['current', 'next']),
  createdAtMs: timeMsSchema,
})
export const signingKeyListSchema = z.object({ items: z.array(signingKeySchema) })
export type SigningKeyFacts = z.infer<typeof signingKeySchema>

/** `POST /api/v1/keys/rotate`. */
export const keyRotationSchema = z.object({
  retiredKeyId: z.string(),
  items: z.array(signingKeySchema),
  resignedImages: z.number().int(),
})
export type KeyRotation = z.infer<typeof keyRotationSchema>
