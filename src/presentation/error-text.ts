import { CodedError, messageOf } from '../base/coded-error.ts'
import { shownText } from './shown-text.ts'

/** Any failure as people read it: what, why, and what to try. */
export function errorLines(thrown: unknown): string[] {
  if (!(thrown instanceof CodedError)) return [`error: ${shownText(messageOf(thrown), 2000)}`]
  const lines = [`error[${thrown.code}]: ${shownText(thrown.message, 2000)}`]
  const why = thrown.cause === undefined ? '' : messageOf(thrown.cause)
  if (why !== '') lines.push(`  why   ${shownText(why, 500)}`)
  if (thrown.remedy !== '') lines.push(`  try   ${shownText(thrown.remedy, 500)}`)
  return lines
}
