import { formatByteSize } from '../../../base/byte-size.ts'
import { CodedError } from '../../../base/coded-error.ts'

/** The content is another format than was said, or none that an image can be made from. */
export class ImageFormatError extends CodedError {
  readonly code = 'ERR_IMAGE_FORMAT'
  readonly format: string

  constructor(format: string, message: string, remedy: string) {
    super(message, { remedy })
    this.format = format
  }
}

/** The file ends early, goes on behind its end, or does not fit its own checksum. */
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

/** A disk format whose header asks for more than its own bytes, or says what is not known here. */
export class ImageUnsafeError extends CodedError {
  readonly code = 'ERR_IMAGE_UNSAFE'
  readonly format: string
  readonly reason: string

  constructor(format: string, reason: string) {
    super(`this ${format} file is not taken: it ${reason}`, {
      remedy: 'on a machine that trusts it: qemu-img convert -O raw, then import the result',
    })
    this.format = format
    this.reason = reason
  }
}

/** The file, or the disk inside it, is larger than anything that is taken. */
export class ImageTooLargeError extends CodedError {
  readonly code = 'ERR_IMAGE_TOO_LARGE'
  readonly limitBytes: number

  constructor(limitBytes: number) {
    super(`the image is larger than ${formatByteSize(limitBytes)}`, {
      remedy: 'set images.largestImageBytes in repave.yaml when it is meant to be',
    })
    this.limitBytes = limitBytes
  }
}

/** Somebody vouched for other bytes. */
export class ImageChecksumError extends CodedError {
  readonly code = 'ERR_IMAGE_CHECKSUM'
  readonly declared: string
  readonly computed: string

  constructor(subject: string, declared: string, computed: string, remedy: string) {
    super(`the ${subject} is ${computed}, not ${declared}`, { remedy })
    this.declared = declared
    this.computed = computed
  }
}

/** A program that unpacks this format is not installed. */
export class ImportToolMissingError extends CodedError {
  readonly code = 'ERR_IMPORT_TOOL_MISSING'
  readonly packages: readonly string[]

  constructor(format: string, packages: readonly string[]) {
    super(`to import ${format}, the daemon needs ${packages.join(' and ')}`, {
      remedy: `run as root: apt-get install -y --no-install-recommends ${packages.join(' ')}`,
    })
    this.packages = packages
  }
}

/** The wall around the program that unpacks this format does not stand, so it is not started. */
export class ImportSandboxError extends CodedError {
  readonly code = 'ERR_IMPORT_SANDBOX'

  constructor(format: string, reason: string) {
    super(`${format} is unpacked in a sandbox alone, which does not start here: ${reason}`, {
      remedy:
        'convert it elsewhere, qemu-img convert -O qcow2, which is read without one; or let the daemon make user namespaces',
    })
  }
}

/** This daemon takes only what somebody has vouched for. */
export class ImageChecksumRequiredError extends CodedError {
  readonly code = 'ERR_IMAGE_CHECKSUM_REQUIRED'

  constructor() {
    super('this daemon imports nothing without a checksum (images.requireChecksum)', {
      remedy: 'give --sha256 or --sha512 as published, or --raw-sha256 of the disk inside',
    })
  }
}
