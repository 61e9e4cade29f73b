import type { ByteRange } from './write-plan.ts'

/** What the writer needs of a disk. All offsets and lengths are multiples of its logical sector. */
export interface DiskMedium {
  /** Where other threads may reach it; without one, all of the work is done in the caller's thread. */
  readonly descriptor?: number
  /** All bytes or an error. */
  write(bytes: Uint8Array, offset: number): Promise<void>
  /** Fills `bytes` or fails. */
  read(bytes: Uint8Array, offset: number): Promise<void>
  /** Everything written so far is on the medium. A failure is final: the kernel forgets it once told. */
  flush(): Promise<void>
  /**
   * Has the device itself make a range zero. False, or no such method, where it cannot: nothing is known of
   * the range then. What it claims to have done counts only once it was read.
   */
  zeroOut?(range: ByteRange): Promise<boolean>
}
