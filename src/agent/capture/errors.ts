import { CodedError } from '../../base/coded-error.ts'

/** The disk cannot become an image. Nothing on it was changed. */
export class CaptureRefusedError extends CodedError {
  readonly code = 'ERR_CAPTURE_REFUSED'

  constructor(reason: string, remedy: string) {
    super(`cannot capture the disk: ${reason}`, { remedy })
  }
}

/** A program that looks at the copy of the disk, or takes the machine's identity out of it, failed. */
export class CaptureToolError extends CodedError {
  readonly code = 'ERR_CAPTURE_TOOL_FAILED'
  readonly program: string

  constructor(program: string, reason: string) {
    super(`${program} failed: ${reason}`.slice(0, 1900), {
      remedy: 'start the reference machine once more, shut it down cleanly, and capture it again',
    })
    this.program = program
  }
}

/** The daemon did not take what was sent. What it has stays there: another try sends the rest. */
export class CaptureUploadError extends CodedError {
  readonly code = 'ERR_CAPTURE_UPLOAD_FAILED'
  readonly #mayRetry: boolean

  constructor(reason: string, mayRetry: boolean) {
    super(`the daemon did not take the capture: ${reason}`.slice(0, 1900))
    this.#mayRetry = mayRetry
  }

  override shouldRetry(): boolean {
    return this.#mayRetry
  }
}
