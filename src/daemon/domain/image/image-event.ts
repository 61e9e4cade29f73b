import { inertText } from '../../../base/ascii.ts'
import { CodedError } from '../../../base/coded-error.ts'
import type { Image } from '../../../contract/api-documents.ts'
import type { NewEvent } from '../../../contract/event.ts'

export type ImageAction = 'imported' | 'removed' | 'collected' | 'quarantined' | 'released'

/** What has happened to an image, under its name. */
export function imageEvent(
  action: ImageAction,
  { name, version, digest, rawBytes, packBytes, quarantineReason }: Image,
  principal: string,
  timeMs: number,
): NewEvent {
  const reason = quarantineReason === undefined ? {} : { reason: quarantineReason }
  const body = { name, version, digest, rawBytes, packBytes, ...reason }
  return { timeMs, type: 'image', action, key: name, principal, body }
}

export interface FailedImport {
  readonly name: string
  readonly version: string
  readonly error: unknown
  readonly principal: string
}

/** Stands in the place of an error when whoever asked has gone away. */
export const interrupted = Symbol('interrupted')

/** An image that did not come, under the name that it would have had. */
export function importFailedEvent(failed: FailedImport, timeMs: number): NewEvent {
  const { name, version, error, principal } = failed
  const body = { name, version, ...failureFacts(error) }
  return { timeMs, type: 'image', action: 'import-failed', key: name, principal, body }
}

function failureFacts(error: unknown): { readonly code?: string; readonly reason: string } {
  if (error === interrupted) return { reason: 'interrupted' }
  // What is no error of ours may have anything in its message.
  if (!(error instanceof CodedError)) return { reason: 'an unexpected fault' }
  return { code: error.code, reason: inertText(error.message, 500) }
}
