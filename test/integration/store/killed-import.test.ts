import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../../src/base/byte-size.ts'
import { openImageStore } from '../../../src/daemon/store/blobs/image-store.ts'
import { loadSigningKey } from '../../../src/daemon/store/blobs/signing-key.ts'
import { rawSource } from '../../fakes/raw-source.ts'

const importer = fileURLToPath(new URL('../../fakes/import-image-process.ts', import.meta.url))
const clock = { nowMs: () => 2, monotonicMs: () => 2 }

describe(openImageStore, () => {
  let directory: string
  let child: ChildProcess | undefined
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'repave-killed-import-'))
  })
  afterEach(async () => {
    child?.kill('SIGKILL')
    await rm(directory, { recursive: true })
  })

  /** Begins an import in a process of its own and kills that once it has read so many chunks. */
  async function importAndKill(chunks: number): Promise<void> {
    const importing = spawn(process.execPath, [importer, directory, String(chunks * 4)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = importing
    const exited = once(importing, 'exit')
    let seen = 0
    for await (const _line of createInterface({ input: importing.stdout })) {
      seen++
      if (seen === chunks) importing.kill('SIGKILL')
    }
    await exited
  }

  async function reopen() {
    const signingKey = await loadSigningKey(join(directory, 'image-signing.pem'))
    return openImageStore({ directory: join(directory, 'images'), signingKey, clock })
  }

  it.each([1, 2, 4, 7])(
    'I10 shows no half image after a kill -9 at chunk %i, and sweeps what was left',
    async (chunks) => {
      await importAndKill(chunks)
      expect(await readdir(join(directory, 'images', 'incoming'))).toHaveLength(1)
      const store = await reopen()
      expect(await store.listImages()).toEqual([])
      expect(await readdir(join(directory, 'images', 'incoming'))).toEqual([])
    },
  )

  it('I10 imports the same name again after a kill -9', async () => {
    await importAndKill(3)
    const store = await reopen()
    async function* zeros() {
      yield Buffer.alloc(MEBIBYTE)
    }
    await store.importImage({ name: 'debian', version: '2', source: rawSource(zeros()) })
    expect((await store.listImages()).map(({ version }) => version)).toEqual(['2'])
  })
})
