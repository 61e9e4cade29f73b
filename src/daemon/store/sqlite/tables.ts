import {
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Generated,
} from 'kysely'

/** Rows as they lie in SQLite. Documents are JSON text; columns beside them are what is searched. */

export interface EventRow {
  seq: Generated<number>
  timeMs: number
  type: string
  action: string
  key: string
  principal: string
  machineId: string | null
  runId: string | null
  body: string
}

export interface MachineRow {
  id: string
  name: string
  document: string
}

export interface RunRow {
  id: string
  machineId: string
  /** 1 when no event leaves its state. */
  ended: 0 | 1
  createdAtMs: number
  document: string
}

export interface BootRow {
  id: string
  machineId: string
  macAddress: string
  tokenHash: string | null
  createdAtMs: number
  expiresAtMs: number
  publicKey: string | null
}

export interface PhoneHomeRow {
  nonceHash: string
  nonce: string
  runId: string
  machineId: string
  usedAtMs: number | null
}

export interface TokenRow {
  id: string
  name: string
  secretHash: string
  createdAtMs: number
  document: string
}

export interface AnswerRow {
  key: string
  question: string
  status: number
  body: string
  createdAtMs: number
}

export interface AuditRow {
  number: number
  timeMs: number
  document: string
  hash: string
}

export interface Tables {
  event: EventRow
  machine: MachineRow
  run: RunRow
  boot: BootRow
  phoneHome: PhoneHomeRow
  token: TokenRow
  answer: AnswerRow
  audit: AuditRow
}

/** Builds SQL and runs nothing: statements go through {@link Statements}, in the one transaction of a commit. */
export const sqlBuilder = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (database) => new SqliteIntrospector(database),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
})
