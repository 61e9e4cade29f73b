import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { type ArchivedFile, packArchive } from './archive.ts'

export interface BackupSources {
  readonly dataDir: string
  /** Writes the database and the leases as they are now to new files. */
  readonly store: {
    copyTo(paths: { readonly database: string; readonly leases: string }): Promise<void>
  }
}

/** Folders of the data directory whose loss no import could make up for. */
const keptFolders = ['keys', 'tls', 'secrets', 'content']

/**
 * Everything that a daemon is, images apart, as one stream: the database as of one moment, leases, keys,
 * certificates, secrets and the content that was applied. The daemon goes on meanwhile.
 */
export async function* readBackup({ dataDir, store }: BackupSources): AsyncGenerator<Uint8Array> {
  const work = await mkdtemp(join(dataDir, 'backup-'))
  try {
    const copies = { database: join(work, 'repave.db'), leases: join(work, 'repave.leases') }
    await store.copyTo(copies)
    yield* packArchive([
      { path: 'repave.db', source: copies.database },
      { path: 'repave.leases', source: copies.leases },
      ...(await Promise.all(keptFolders.map((name) => filesOf(dataDir, name)))).flat(),
    ])
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function filesOf(dataDir: string, folder: string): Promise<ArchivedFile[]> {
  let entries
  try {
    entries = await readdir(join(dataDir, folder), { withFileTypes: true, recursive: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.new'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((source) => ({ path: source.slice(dataDir.length + 1), source }))
}
