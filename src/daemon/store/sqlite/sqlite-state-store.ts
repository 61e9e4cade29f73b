import type { MacAddress } from '../../../base/mac-address.ts'
import { type Machine, machineSchema } from '../../../contract/machine.ts'
import { type Run, finalRunStates } from '../../../contract/run.ts'
import type { BootRecord } from '../../domain/bootenv/boot-record.ts'
import type { PhoneHomeNonce, StateChange, StateStore } from '../../domain/workflow/state-store.ts'
import { EndedRuns } from './ended-runs.ts'
import type { Journal } from './journal.ts'
import { runFromDocument } from './run-document.ts'
import type { Statements } from './statements.ts'
import { type BootRow, type PhoneHomeRow, sqlBuilder } from './tables.ts'

export function createStateStore(journal: Journal, statements: Statements): StateStore {
  const endedRuns = new EndedRuns(journal, statements)
  return {
    commit: (change) => journal.submit((append) => applyChange(statements, change, append)),
    lastSeq: () => journal.lastSeq(),
    async readPresent() {
      const machines = sqlBuilder.selectFrom('machine').select('document')
      const runs = sqlBuilder.selectFrom('run').select('document').where('ended', '=', 0)
      const rows = await journal.read(
        () => [statements.all(machines), statements.all(runs)] as const,
      )
      return {
        machines: rows[0].map((row) => machineSchema.parse(JSON.parse(row.document))),
        runs: rows[1].map((row) => runFromDocument(row.document)),
      }
    },
    readEndedRuns: () => endedRuns.readNewest(),
    async findRun(id) {
      const query = sqlBuilder.selectFrom('run').select('document').where('id', '=', id)
      const row = await journal.read(() => statements.first(query))
      return row === undefined ? undefined : runFromDocument(row.document)
    },
    async readRunsOf(machineId, limit) {
      const query = sqlBuilder.selectFrom('run').select('document')
      const newest = query.where('machineId', '=', machineId).orderBy('createdAtMs', 'desc')
      const rows = await journal.read(() => statements.all(newest.limit(limit)))
      return rows.map((row) => runFromDocument(row.document))
    },
    async findBootByToken(tokenHash) {
      const query = sqlBuilder.selectFrom('boot').selectAll().where('tokenHash', '=', tokenHash)
      const row = await journal.read(() => statements.first(query))
      return row === undefined ? undefined : bootFromRow(row)
    },
    async readBootsSince(timeMs) {
      const query = sqlBuilder.selectFrom('boot').selectAll().where('createdAtMs', '>=', timeMs)
      return statements.all(query.orderBy('createdAtMs')).map(bootFromRow)
    },
    async findNonce(nonceHash) {
      const query = sqlBuilder.selectFrom('phoneHome').selectAll()
      const named = query.where('nonceHash', '=', nonceHash)
      return nonceFromRow(await journal.read(() => statements.first(named)))
    },
    async findNonceOfRun(runId) {
      const query = sqlBuilder.selectFrom('phoneHome').selectAll()
      const ofRun = query.where('runId', '=', runId)
      return nonceFromRow(await journal.read(() => statements.first(ofRun)))
    },
  }
}

function applyChange(
  statements: Statements,
  change: StateChange,
  append: (event: StateChange['events'][number]) => void,
): void {
  // First: a name may pass from one to the other.
  for (const id of change.removedMachineIds ?? []) {
    statements.run(sqlBuilder.deleteFrom('machine').where('id', '=', id))
  }
  for (const machine of change.machines ?? []) writeMachine(statements, machine)
  for (const run of change.runs ?? []) writeRun(statements, run)
  for (const boot of change.boots ?? []) writeBoot(statements, boot)
  for (const nonce of change.nonces ?? []) writeNonce(statements, nonce)
  for (const event of change.events) append(event)
}

// The two that every step of every run writes are not built anew each time.

const machineText =
  'insert into machine (id, name, document) values (?, ?, ?) ' +
  'on conflict (id) do update set name = excluded.name, document = excluded.document'

function writeMachine(statements: Statements, machine: Machine): void {
  statements.insert(machineText, [machine.id, machine.name, JSON.stringify(machine)])
}

const runText =
  'insert into run (id, machineId, ended, createdAtMs, document) values (?, ?, ?, ?, ?) ' +
  'on conflict (id) do update set machineId = excluded.machineId, ended = excluded.ended, ' +
  'createdAtMs = excluded.createdAtMs, document = excluded.document'

function writeRun(statements: Statements, run: Run): void {
  const ended = finalRunStates.includes(run.state) ? 1 : 0
  const { id, machineId, createdAtMs } = run
  statements.insert(runText, [id, machineId, ended, createdAtMs, JSON.stringify(run)])
}

function writeBoot(statements: Statements, boot: BootRecord): void {
  const row: BootRow = {
    ...boot,
    tokenHash: boot.tokenHash ?? null,
    publicKey: boot.publicKey ?? null,
  }
  statements.run(
    sqlBuilder
      .insertInto('boot')
      .values(row)
      .onConflict((conflict) => conflict.column('id').doUpdateSet(row)),
  )
}

function writeNonce(statements: Statements, nonce: PhoneHomeNonce): void {
  const row: PhoneHomeRow = { ...nonce, usedAtMs: nonce.usedAtMs ?? null }
  statements.run(
    sqlBuilder
      .insertInto('phoneHome')
      .values(row)
      .onConflict((conflict) => conflict.column('nonceHash').doUpdateSet(row)),
  )
}

function bootFromRow(row: BootRow): BootRecord {
  const { tokenHash, publicKey, ...rest } = row
  return {
    ...rest,
    macAddress: row.macAddress as MacAddress,
    ...(tokenHash === null ? {} : { tokenHash }),
    ...(publicKey === null ? {} : { publicKey }),
  }
}

function nonceFromRow(row: PhoneHomeRow | undefined): PhoneHomeNonce | undefined {
  if (row === undefined) return undefined
  const { usedAtMs, ...rest } = row
  return { ...rest, ...(usedAtMs === null ? {} : { usedAtMs }) }
}
