import type { ChecksumVerdict } from '../../../contract/import-provenance.ts'
import { ImageChecksumError } from './errors.ts'

export interface ComparedChecksum {
  /** `file`, `raw disk inside`. */
  readonly subject: string
  /** What somebody vouched for. */
  readonly declared: string | undefined
  readonly computed: (algorithm: 'sha256' | 'sha512') => string | undefined
  readonly remedy: string
}

/** @throws {ImageChecksumError} when somebody vouched for other bytes */
export function compareChecksum(compared: ComparedChecksum): ChecksumVerdict {
  const { declared, subject, remedy } = compared
  if (declared === undefined) return { kind: 'not-given' }
  const computed = compared.computed(declared.startsWith('sha512:') ? 'sha512' : 'sha256')
  if (computed === undefined) throw new Error(`the ${subject} has not been read to its end`)
  if (computed !== declared) throw new ImageChecksumError(subject, declared, computed, remedy)
  return { kind: 'verified', checksum: declared }
}
