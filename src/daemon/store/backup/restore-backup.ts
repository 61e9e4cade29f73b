import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { openDatabase } from '../sqlite/open-database.ts'
import { unpackArchive } from './archive.ts'
import { BackupUnusableError, RestoreRefusedError } from './errors.ts'

export interface RestoreOptions {
  readonly dataDir: string
  /** What is there is kept beside it, under names that end with this; absent: nothing may be there. */
  readonly replacedSuffix?: string
}

/**
 * Puts the files of an archive in their places. All of it is unpacked and the database checked before
 * anything moves; what was there is set aside, never removed.
 *
 * @returns the paths of what was restored
 * @throws {RestoreRefusedError} when something is there, or a daemon uses it
 * @throws {BackupUnusableError} when the archive is damaged
 */
export async function restoreBackup(
  archive: AsyncIterable<Uint8Array>,
  { dataDir, replacedSuffix }: RestoreOptions,
): Promise<readonly string[]> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const database = join(dataDir, 'repave.db')
  if (existsSync(database) && replacedSuffix === undefined) {
    throw new RestoreRefusedError(
      `there is a database in ${dataDir}`,
      'give --replace to set it aside, or another --data-dir',
    )
  }
  const staging = await mkdtemp(join(dataDir, 'restore-'))
  try {
    const paths = await unpackArchive(archive, staging)
    if (!paths.includes('repave.db')) throw new BackupUnusableError('it holds no database')
    // Migrates a copy that an older release made, too.
    openDatabase(join(staging, 'repave.db')).close()
    const restored = await topLevel(staging)
    for (const name of [...restored, 'repave.db-wal', 'repave.db-shm']) {
      await setAside(join(dataDir, name), replacedSuffix)
    }
    for (const name of restored) await rename(join(staging, name), join(dataDir, name))
    return paths
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function topLevel(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory)
  return names.filter((name) => !/-(?:wal|shm)$/.test(name)).sort()
}

async function setAside(path: string, suffix: string | undefined): Promise<void> {
  if (!existsSync(path)) return
  if (suffix === undefined) {
    throw new RestoreRefusedError(`${path} is there`, `move it away, or give --replace`)
  }
  await mkdir(dirname(path), { recursive: true })
  await rename(path, `${path}${suffix}`)
}
