import { inertText } from '../base/ascii.ts'
import type { ContentFault } from './content-documents.ts'

/** `file:line:column path: message`, the line itself, and a caret below the column. */
export function faultText(fault: ContentFault): string {
  const where = `${fault.file}:${fault.line}:${fault.column}`
  const what = fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`
  const head = `${where} ${inertText(what, 500)}`
  if (fault.sourceLine.trim() === '') return head
  const source = inertText(fault.sourceLine.replaceAll('\t', ' '), 160)
  return `${head}\n  ${source}\n  ${' '.repeat(Math.min(fault.column - 1, source.length))}^`
}
