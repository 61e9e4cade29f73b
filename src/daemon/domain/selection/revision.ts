import { CodedError } from '../../../base/coded-error.ts'

/** Somebody else changed it first; nothing was changed now. */
export class RevisionChangedError extends CodedError {
  readonly code = 'ERR_REVISION_CHANGED'

  constructor(noun: string, expected: number, found: number) {
    super(`the ${noun} has changed meanwhile: revision ${found}, not ${expected}`, {
      remedy: 'read it again, and decide anew',
    })
  }
}

/** @throws {RevisionChangedError} when one is expected and it is another */
export function requireRevision(
  noun: string,
  { revision }: { readonly revision: number },
  expected: number | undefined,
): void {
  if (expected !== undefined && expected !== revision) {
    throw new RevisionChangedError(noun, expected, revision)
  }
}
