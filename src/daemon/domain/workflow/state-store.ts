import type { NewEvent } from '../../../contract/event.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import type { BootRecord } from '../bootenv/boot-record.ts'

/** The one-time word with which the freshly installed system calls home. One a run. */
export interface PhoneHomeNonce {
  readonly nonce: string
  readonly nonceHash: string
  readonly runId: string
  readonly machineId: string
  readonly usedAtMs?: number
}

/** Everything one step changes; stored as a whole or not at all, together with its events. */
export interface StateChange {
  readonly machines?: readonly Machine[]
  /** Records that were another's: their runs and events stay. */
  readonly removedMachineIds?: readonly string[]
  readonly runs?: readonly Run[]
  readonly boots?: readonly BootRecord[]
  readonly nonces?: readonly PhoneHomeNonce[]
  readonly events: readonly NewEvent[]
}

/** What is worked with: every machine and every run that has not ended. */
export interface Present {
  readonly machines: readonly Machine[]
  readonly runs: readonly Run[]
}

/** What the engine keeps. The SQLite store implements it. */
export interface StateStore {
  /** Resolves when the change is on disk and every listener has heard its events. */
  commit(change: StateChange): Promise<void>
  /** Number of the newest event that every listener has heard. */
  lastSeq(): number
  readPresent(): Promise<Present>
  /** The newest of the runs that have ended, oldest first; older ones are found by their id. */
  readEndedRuns(): Promise<readonly Run[]>
  findRun(id: string): Promise<Run | undefined>
  /** The newest runs of one machine, newest first. */
  readRunsOf(machineId: string, limit: number): Promise<readonly Run[]>
  findBootByToken(tokenHash: string): Promise<BootRecord | undefined>
  readBootsSince(timeMs: number): Promise<readonly BootRecord[]>
  findNonce(nonceHash: string): Promise<PhoneHomeNonce | undefined>
  findNonceOfRun(runId: string): Promise<PhoneHomeNonce | undefined>
}
