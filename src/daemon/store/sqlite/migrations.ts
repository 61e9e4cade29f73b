import type { Database } from 'better-sqlite3'

import { StoreTooNewError } from './errors.ts'

/**
 * Each entry brings the schema one version further; the version is `PRAGMA user_version`. Entries are
 * only ever added. All that are due run in one transaction with the new version number, so that a kill
 * at any statement leaves the old schema whole.
 */
const migrations: readonly string[] = [
  `
  create table event (
    seq integer primary key autoincrement,
    timeMs integer not null,
    type text not null,
    action text not null,
    key text not null,
    principal text not null,
    machineId text,
    runId text,
    body text not null
  ) strict;

  create table machine (
    id text primary key,
    name text not null unique,
    document text not null
  ) strict;

  create table run (
    id text primary key,
    machineId text not null,
    ended integer not null,
    createdAtMs integer not null,
    document text not null
  ) strict;
  create index runByAge on run (ended, createdAtMs);

  create table boot (
    id text primary key,
    machineId text not null,
    macAddress text not null,
    tokenHash text unique,
    createdAtMs integer not null,
    expiresAtMs integer not null,
    publicKey text
  ) strict;
  create index bootByAge on boot (createdAtMs);

  create table phoneHome (
    nonceHash text primary key,
    nonce text not null,
    runId text not null unique,
    machineId text not null,
    usedAtMs integer
  ) strict;

  create table lease (
    address text primary key,
    macAddress text not null,
    expiresAtMs integer not null,
    state text not null
  ) strict;
  `,
  `
  create table token (
    id text primary key,
    name text not null unique,
    secretHash text not null,
    createdAtMs integer not null,
    document text not null
  ) strict;
  `,
  'create index runByMachine on run (machineId, createdAtMs);',
  // Leases have a log of their own.
  `drop table lease;`,
  `
  create table answer (
    key text primary key,
    question text not null,
    status integer not null,
    body text not null,
    createdAtMs integer not null
  ) strict;
  create index answerByAge on answer (createdAtMs);

  create table audit (
    number integer primary key,
    timeMs integer not null,
    document text not null,
    hash text not null
  ) strict;
  create trigger auditIsNotChanged before update on audit
    begin select raise(abort, 'the audit log is only added to'); end;
  create trigger auditIsNotCut before delete on audit
    begin select raise(abort, 'the audit log is only added to'); end;
  `,
  // Which version a machine holds stood in its runs alone. A patch leaves out what is null.
  `
  update machine set document = json_patch(document, json_object('imageDigest', (
    select json_extract(run.document, '$.imageDigest') from run
    where run.machineId = machine.id
      and json_extract(run.document, '$.state') = 'succeeded'
      and json_extract(run.document, '$.receipt') is not null
    order by run.createdAtMs desc limit 1
  )))
  where json_extract(document, '$.imageName') is not null;
  `,
]

/** @throws {StoreTooNewError} when a newer release wrote the database */
export function migrate(database: Database, path: string): void {
  const version = Number(database.pragma('user_version', { simple: true }))
  if (version > migrations.length) throw new StoreTooNewError(path, version, migrations.length)
  if (version === migrations.length) return
  database
    .transaction(() => {
      for (const sql of migrations.slice(version)) database.exec(sql)
      database.pragma(`user_version = ${migrations.length}`)
    })
    .immediate()
}
