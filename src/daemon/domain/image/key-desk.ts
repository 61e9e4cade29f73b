import type { KeyRotation, SigningKeyFacts } from '../../../contract/image-documents.ts'

/** The keys with which this daemon vouches for images. */
export interface KeyDesk {
  /** The one that signs, then the one that will sign after it. Agents that boot now trust both. */
  listKeys(): Promise<readonly SigningKeyFacts[]>
  /**
   * Signs every image with the next key, which takes over; the old one is gone. Machines that are up
   * trust the next key since they booted.
   */
  rotate(principal: string): Promise<KeyRotation>
}
