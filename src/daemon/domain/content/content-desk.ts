import type {
  ContentChange,
  ContentFile,
  ContentPlan,
  ContentState,
} from '../../../contract/content-documents.ts'

/** The content in force, for those who look at it and change it. */
export interface ContentDesk {
  describe(): ContentState
  /** What own content changes about that which ships. */
  changesOfOwn(): Promise<readonly ContentChange[]>
  /** What `files` would change in place of those applied before. Nothing is done. */
  plan(files: readonly ContentFile[]): Promise<ContentPlan>
  /**
   * Puts `files` in the place of those applied before, whole or not at all; they stay over a restart.
   *
   * @throws {ContentRefusedError} with every fault; what was in force stays
   * @throws {RevisionChangedError} when others were applied since
   */
  apply(
    files: readonly ContentFile[],
    principal: string,
    expectedRevision?: number,
  ): Promise<ContentPlan>
}
