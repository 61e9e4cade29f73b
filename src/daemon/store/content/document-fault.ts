import { CodedError } from '../../../base/coded-error.ts'
import { faultText } from '../../../contract/fault-text.ts'

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
        faults.map(faultText).join('\n'),
      { remedy: 'correct the lines above' },
    )
    this.faults = faults
  }
}
