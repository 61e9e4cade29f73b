import { z } from 'zod'

import { contentKinds } from './content-kinds.ts'
import { nameSchema, timeMsSchema } from './values.ts'

/** Bodies of `/api/v1/content`. */

const kindSchema = z.enum(contentKinds.map(({ kind }) => kind))

const documentPaths = contentKinds.map(
  ({ folder, fileName }) =>
    `${folder}/[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?/${fileName.replace('.', String.raw`\.`)}`,
)

/** One document, as it stands in a content folder. */
export const contentFileSchema = z.strictObject({
  path: z
    .string()
    .max(200)
    .regex(new RegExp(`^(?:${documentPaths.join('|')})$`), 'expected workflows/NAME/workflow.yaml'),
  text: z.string().max(1_048_576),
})
export type ContentFile = z.infer<typeof contentFileSchema>

/** `POST /api/v1/content` and `/content/plan`: all that stands over shipped content and configured folders. */
export const contentFilesSchema = z.strictObject({
  files: z
    .array(contentFileSchema)
    .max(2000)
    .refine((files) => new Set(files.map(({ path }) => path)).size === files.length, {
      message: 'a path stands there twice',
    }),
})

/** `file:line:column path: message`, in its parts. */
export const contentFaultSchema = z.object({
  file: z.string(),
  line: z.number().int(),
  column: z.number().int(),
  path: z.string(),
  message: z.string(),
  sourceLine: z.string(),
})
export type ContentFault = z.infer<typeof contentFaultSchema>

const valueSchema = z.json()
/** A document or a part of one. */
export type ContentValue = z.infer<typeof valueSchema>

/** What is different about one document. */
export const contentChangeSchema = z.object({
  kind: kindSchema,
  name: nameSchema,
  change: z.enum(['added', 'changed', 'removed']),
  /** Of one that is changed, key by key; what is absent was not there, or is there no more. */
  keys: z.array(
    z.object({ path: z.string(), before: valueSchema.optional(), after: valueSchema.optional() }),
  ),
})
export type ContentChange = z.infer<typeof contentChangeSchema>

/** What applying would do, or has done. */
export const contentPlanSchema = z.object({
  /** Of the applied content that it is compared with, or that it is by now. */
  revision: z.number().int().nonnegative(),
  changes: z.array(contentChangeSchema),
  /** With any of these nothing of it can be in force. */
  faults: z.array(contentFaultSchema),
  /** Machines whose own params or profiles would not fit: no run of theirs begins until they do. */
  machines: z.array(z.string()),
})
export type ContentPlan = z.infer<typeof contentPlanSchema>

/** Where a document comes from: the release, a folder of the configuration, or what was applied. */
export const contentLayers = ['shipped', 'folder', 'applied'] as const
const layerSchema = z.enum(contentLayers)

export const contentItemSchema = z.object({
  kind: kindSchema,
  name: nameSchema,
  layer: layerSchema,
  file: z.string(),
  /** The layer whose document of that name it stands over. */
  replaces: layerSchema.optional(),
})
export type ContentItem = z.infer<typeof contentItemSchema>

/** `GET /api/v1/content`: what is in force. */
export const contentStateSchema = z.object({
  /** Grows by one with each that is applied; 0 where none ever was. */
  revision: z.number().int().nonnegative(),
  appliedAtMs: timeMsSchema.optional(),
  appliedBy: z.string().optional(),
  items: z.array(contentItemSchema),
})
export type ContentState = z.infer<typeof contentStateSchema>

/** `GET /api/v1/content/changes`: what own content changes about that which ships. */
export const contentChangesSchema = z.object({ items: z.array(contentChangeSchema) })
