import { CodedError } from '../../base/coded-error.ts'

/** What was typed makes no sense. */
export class WriteUsageError extends CodedError {
  readonly code = 'ERR_USAGE'

  constructor(reason: string) {
    super(reason, { remedy: 'repave write --help' })
  }
}

/** The words do not lead to an image. */
export class ImageUnreadableError extends CodedError {
  readonly code = 'ERR_IMAGE_UNREADABLE'

  constructor(image: string, reason: string) {
    super(`${image} is no image that can be written: ${reason}`, {
      remedy:
        'name the URL of a manifest.json, a folder with manifest.json and pack, or a file that `repave image export` made',
    })
  }
}

/** Nobody vouches for the image, so nothing of it is written. */
export class ImageUntrustedError extends CodedError {
  readonly code = 'ERR_IMAGE_UNTRUSTED'

  constructor(digest: string, trustedKeysPath: string, reason: string) {
    super(`nobody vouches for this image: ${reason}`, {
      remedy: `compare with \`repave image show\`, then say --digest ${digest}; or put the daemon's keys into ${trustedKeysPath}`,
    })
  }
}

/** Nobody said that the disk may be overwritten. */
export class WriteNotConfirmedError extends CodedError {
  readonly code = 'ERR_NOT_CONFIRMED'
}
