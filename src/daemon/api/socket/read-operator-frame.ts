import { isUtf8 } from 'node:buffer'

import type { RawData } from 'ws'

import { type OperatorToDaemon, operatorToDaemonSchema } from '../../../contract/operator-frames.ts'

export type FrameReading =
  | { readonly ok: true; readonly frame: OperatorToDaemon }
  | { readonly ok: false; readonly message: string; readonly id?: string }

/** A frame of an operator, or why it is none, with the id that the answer carries. Never throws. */
export function readOperatorFrame(data: RawData, isBinary: boolean): FrameReading {
  // One Buffer for every frame: what `ws` hands over as long as binaryType stays its default.
  if (isBinary || !Buffer.isBuffer(data) || !isUtf8(data)) {
    return { ok: false, message: 'expected UTF-8 text' }
  }
  let value: unknown
  try {
    value = JSON.parse(data.toString('utf8'))
  } catch {
    return { ok: false, message: 'expected JSON' }
  }
  const checked = operatorToDaemonSchema.safeParse(value)
  if (checked.success) return { ok: true, frame: checked.data }
  const message = checked.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'frame'}: ${issue.message}`)
    .join('; ')
  const id = idOf(value)
  return id === undefined ? { ok: false, message } : { ok: false, message, id }
}

function idOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'id')) return undefined
  const { id } = value as { id: unknown }
  return typeof id === 'string' && id.length <= 64 ? id : undefined
}
