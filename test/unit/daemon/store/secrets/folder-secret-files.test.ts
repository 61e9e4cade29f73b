import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { folderSecretFiles } from '../../../../../src/daemon/store/secrets/folder-secret-files.ts'

describe(folderSecretFiles, () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'repave-secrets-'))
    await writeFile(join(directory, 'password'), 'hunter2\n', { mode: 0o600 })
  })
  afterEach(async () => {
    await rm(directory, { recursive: true })
  })

  it.each([0o640, 0o604])(
    'refuses one that others can read (%o), without telling it',
    async (mode) => {
      await chmod(join(directory, 'password'), mode)
      const refused: unknown = await folderSecretFiles(directory)
        .read('password')
        .catch((thrown: unknown) => thrown)
      expect(refused).toMatchObject({ code: 'ERR_SECRET_EXPOSED' })
      expect(String(refused)).not.toContain('hunter2')
    },
  )

  it('knows nothing of one that is not there, and takes none that is larger than 64 KiB', async () => {
    const files = folderSecretFiles(directory)
    expect(await files.read('other')).toBeUndefined()
    await writeFile(join(directory, 'large'), 'x'.repeat(65_537), { mode: 0o600 })
    expect(await files.read('large')).toBeUndefined()
  })

  it('reads the line without its end, anew each time', async () => {
    const files = folderSecretFiles(directory)
    expect(await files.read('password')).toBe('hunter2')
    await writeFile(join(directory, 'password'), ' other \r\n')
    expect(await files.read('password')).toBe(' other ')
  })
})
