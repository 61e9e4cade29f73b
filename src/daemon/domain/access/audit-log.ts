import type { AuditEntry, AuditVerdict } from '../../../contract/audit.ts'

/** An entry before it gets its number and hash. */
export type NewAuditEntry = Omit<AuditEntry, 'number' | 'hash'>

/** Who changed what. Entries are added and never changed or removed; each proves those before it. */
export interface AuditLog {
  /** Resolves when it is on disk. */
  append(entry: NewAuditEntry): Promise<void>
  /** Entries after `number`, oldest first. */
  readAfter(number: number, limit: number): Promise<readonly AuditEntry[]>
  verify(): Promise<AuditVerdict>
}
