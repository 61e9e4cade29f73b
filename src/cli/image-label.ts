import { readFile } from 'node:fs/promises'

import { messageOf } from '../base/coded-error.ts'
import { type ImageLabel, imageLabelPath, imageLabelSchema } from '../contract/image-label.ts'
import { FileUnusableError } from './errors.ts'

/**
 * Reads the label that `repave image build` puts beside an image; undefined when there is none.
 *
 * @throws {FileUnusableError} when it is there and is no label
 */
export async function readImageLabel(imageFile: string): Promise<ImageLabel | undefined> {
  const path = imageLabelPath(imageFile)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return undefined
  }
  try {
    return imageLabelSchema.parse(JSON.parse(text))
  } catch (thrown) {
    throw new FileUnusableError(`${path} is no image label: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
}
