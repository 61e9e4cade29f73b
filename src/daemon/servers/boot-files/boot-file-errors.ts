import { CodedError } from '../../../base/coded-error.ts'

/** A file is shorter than it was when its transfer began, or than its manifest says. */
export class BootFileTruncatedError extends CodedError {
  readonly code = 'ERR_BOOT_FILE_TRUNCATED'
  readonly path: string
  readonly expectedBytes: number

  constructor(path: string, expectedBytes: number) {
    super(`${path} is shorter than ${expectedBytes} bytes`, {
      remedy: 'The file was changed in place or damaged: import or build it again.',
    })
    this.path = path
    this.expectedBytes = expectedBytes
  }
}

/** A boot file that must be there at start is not. */
export class BootFileMissingError extends CodedError {
  readonly code = 'ERR_BOOT_FILE_MISSING'
  readonly path: string

  constructor(path: string, remedy: string, cause?: unknown) {
    super(`${path} cannot be read`, { remedy, cause })
    this.path = path
  }
}

/** A program that firmware with Secure Boot would not start, or must not. */
export class BootProgramRefusedError extends CodedError {
  readonly code = 'ERR_BOOT_PROGRAM_REFUSED'
  readonly path: string

  constructor(path: string, reason: string) {
    super(`${path} is not served: ${reason}`, {
      remedy:
        'upgrade the packages that it comes from: apt install shim-signed grub-efi-amd64-signed',
    })
    this.path = path
  }
}

/** A request for a boot file names itself, its query or its method wrongly. */
export class BootRequestRefusedError extends CodedError {
  readonly code = 'ERR_BOOT_REQUEST_REFUSED'
  /** HTTP's word for it: 400 or 405. */
  readonly statusCode: 400 | 405

  constructor(statusCode: 400 | 405, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}
