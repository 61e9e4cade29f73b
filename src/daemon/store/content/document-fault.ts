import { inertText } from '../../../base/ascii.ts'
import { CodedError } from '../../../base/coded-error.ts'

/** One thing wrong with a file that a person wrote. */
export interface DocumentFault {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** `stages[1].tasks`; empty for the document itself. */
  readonly path: string
  readonly message: string
  /** The text of that line. */
  readonly sourceLine: string
}

/** Files that a person wrote are wrong; nothing of them is in use. Carries every fault at once. */
export class DocumentInvalidError extends CodedError {
  readonly code = 'ERR_DOCUMENT_INVALID'
  readonly faults: readonly DocumentFault[]

  constructor(faults: readonly DocumentFault[]) {
    const files = new Set(faults.map((fault) => fault.file)).size
    super(
      `${faults.length} fault${faults.length === 1 ? '' : 's'} in ${files} file${files === 1 ? '' : 's'}\n` +
        faults.map(formatDocumentFault).join('\n'),
      { remedy: 'correct the lines above and start again' },
    )
    this.faults = faults
  }
}

/** `file:line:column path: message`, the line itself, and a caret below the column. */
export function formatDocumentFault(fault: DocumentFault): string {
  const where = `${fault.file}:${fault.line}:${fault.column}`
  const what = fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`
  const head = `${where} ${inertText(what, 500)}`
  if (fault.sourceLine.trim() === '') return head
  const source = inertText(fault.sourceLine.replaceAll('\t', ' '), 160)
  return `${head}\n  ${source}\n  ${' '.repeat(Math.min(fault.column - 1, source.length))}^`
}
