/**
 * The base of every error that a caller can act on: a stable `code` (documented in docs/errors.md),
 * facts as readonly fields of the subclass, and an answer to "may this be retried?".
 */
export abstract class CodedError extends Error {
  /** Stable, upper-case, e.g. `ERR_IMAGE_TOO_LARGE`. */
  abstract readonly code: string

  /** What a person can do about it, one line; empty when there is nothing to do. */
  readonly remedy: string

  constructor(message: string, options: { cause?: unknown; remedy?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.remedy = options.remedy ?? ''
  }

  /** Whether the same call may succeed later with nothing else changed. */
  shouldRetry(): boolean {
    return false
  }
}

/** The text of anything that was thrown, whatever it was. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
