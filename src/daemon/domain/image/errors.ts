import { CodedError } from '../../../base/coded-error.ts'
import type { Image } from '../../../contract/api-documents.ts'

/** Stored bytes of the image are damaged, so nothing is deployed from it. */
export class ImageQuarantinedError extends CodedError {
  readonly code = 'ERR_IMAGE_QUARANTINED'
  readonly image: string

  constructor({ name, version, quarantineReason = '' }: Image) {
    const image = `${name}@${version}`
    super(`image ${image} is in quarantine: ${quarantineReason}`, {
      remedy: `import it again, or go back to an older version: repave image history ${name}`,
    })
    this.image = image
  }
}
