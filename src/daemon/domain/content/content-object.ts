import type { ContentValue } from '../../../contract/content-documents.ts'
import type { ContentKind } from '../../../contract/content-kinds.ts'

/** A document of the content as it was written, before defaults. */
export interface ContentObject {
  readonly kind: ContentKind
  readonly name: string
  readonly file: string
  /** Which of the content's directories it is from, counted from 0. */
  readonly layer: number
  /** The directory whose document of that name it stands over. */
  readonly replaces?: number
  readonly value: ContentValue
}
