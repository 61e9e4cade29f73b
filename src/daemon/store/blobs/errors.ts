import { CodedError } from '../../../base/coded-error.ts'
import { formatByteSize } from '../../../base/byte-size.ts'

/** No disk has such a size. */
export class ImageSizeError extends CodedError {
  readonly code = 'ERR_IMAGE_SIZE'
  readonly rawBytes: number

  constructor(rawBytes: number, why: string) {
    super(`an image of ${formatByteSize(rawBytes)} (${rawBytes} bytes) ${why}`)
    this.rawBytes = rawBytes
  }
}

/** A stored manifest or name pointer cannot be read any more. */
export class StoredImageDamagedError extends CodedError {
  readonly code = 'ERR_STORED_IMAGE_DAMAGED'
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(`${path} is damaged`, { cause, remedy: 'remove the image and import it again' })
    this.path = path
  }
}
