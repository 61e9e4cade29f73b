import { CodedError } from '../../../base/coded-error.ts'

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
