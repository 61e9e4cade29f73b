import { CodedError } from '../../../base/coded-error.ts'
import type { ContentFault } from '../../../contract/content-documents.ts'

/** Content that somebody wanted in force is wrong; nothing of it is. Carries every fault at once. */
export class ContentRefusedError extends CodedError {
  readonly code = 'ERR_CONTENT_REFUSED'
  readonly faults: readonly ContentFault[]

  constructor(faults: readonly ContentFault[]) {
    const files = new Set(faults.map(({ file }) => file)).size
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`
    super(`${count} in ${files} of its files; what was in force stays`, {
      remedy: 'repave content check FOLDER',
    })
    this.faults = faults
  }
}
