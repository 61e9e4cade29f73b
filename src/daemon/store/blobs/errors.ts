import { CodedError } from '../../../base/coded-error.ts'
import { formatByteSize } from '../../../base/byte-size.ts'

/** The file is no raw disk image, as itself or inside its compression. */
export class ImageFormatError extends CodedError {
  readonly code = 'ERR_IMAGE_FORMAT'
  readonly format: string

  constructor(format: string) {
    super(`this is ${format}, not a raw disk image (plain, .gz or .zst)`, {
      remedy: `convert it first, e.g. qemu-img convert -O raw`,
    })
    this.format = format
  }
}

/** The compressed stream ends early, goes on behind its end, or does not fit its own checksum. */
export class ImageDamagedError extends CodedError {
  readonly code = 'ERR_IMAGE_DAMAGED'
  readonly reason: string

  constructor(reason: string, cause?: unknown) {
    super(`the image file is damaged: ${reason}`, { cause, remedy: 'fetch it again' })
    this.reason = reason
  }

  override shouldRetry(): boolean {
    return true
  }
}

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
