import { z } from 'zod'

import { imageVeritySchema } from './image-verity.ts'
import { nameSchema } from './values.ts'

/** What a freshly built image is called: a small JSON file beside it, so that importing it asks nothing again. */
export const imageLabelSchema = z.strictObject({
  format: z.literal('repave-image-label/1'),
  name: nameSchema,
  version: z.string().min(1).max(64),
  /** Of an image whose root is read-only. */
  verity: imageVeritySchema.optional(),
})
export type ImageLabel = z.infer<typeof imageLabelSchema>

export function imageLabelPath(imageFile: string): string {
  return `${imageFile}.label.json`
}
