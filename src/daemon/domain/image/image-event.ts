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
