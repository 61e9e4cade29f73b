import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type Digest, digestHex } from '../../../../../src/base/digest.ts'
import { canonicalJson } from '../../../../../src/contract/canonical-json.ts'
import { StoredImageDamagedError } from '../../../../../src/daemon/store/blobs/errors.ts'
import { ManifestFolder } from '../../../../../src/daemon/store/blobs/manifest-folder.ts'
import { createMemoryImageStore } from '../../../../fakes/memory-image-store.ts'

const { manifest } = createMemoryImageStore().stored
const digest = `sha256:${'a'.repeat(64)}` as Digest
const signedWith = (signature: string) => ({
  manifest: canonicalJson(manifest),
  keyId: '0'.repeat(16),
  signature,
})

let directory: string
let folder: ManifestFolder

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'manifests-'))
  folder = new ManifestFolder(directory)
})

afterEach(() => rmSync(directory, { recursive: true }))

describe(ManifestFolder, () => {
  it('has nothing where nothing was stored', async () => {
    expect(await folder.read(digest)).toBeUndefined()
  })

  it('notices damage to a file that it has read before', async () => {
    await folder.write(digest, signedWith('AAAA'))
    expect((await folder.read(digest))?.manifest).toEqual(manifest)
    appendFileSync(join(directory, digestHex(digest), 'manifest.json'), 'x')
    await expect(folder.read(digest)).rejects.toThrow(StoredImageDamagedError)
  })

  it('notices that a manifest is gone, and that another key has signed it', async () => {
    await folder.write(digest, signedWith('AAAA'))
    const before = await folder.read(digest)
    await folder.write(digest, signedWith('BBBB'))
    expect(before?.signed.signature).toBe('AAAA')
    expect((await folder.read(digest))?.signed.signature).toBe('BBBB')
    await folder.remove(digest)
    expect(await folder.read(digest)).toBeUndefined()
  })

  it('reads and checks an unchanged file once', async () => {
    await folder.write(digest, signedWith('AAAA'))
    expect(await folder.read(digest)).toBe(await folder.read(digest))
  })
})
