import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, onTestFinished, test } from 'vitest'

import { loadIpxeBinaries } from '../../../../../src/daemon/servers/boot-files/ipxe-binaries.ts'

async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'repave-ipxe-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

describe(loadIpxeBinaries, () => {
  test('names the package to install when a binary is missing', async () => {
    const directory = await emptyDirectory()
    await writeFile(join(directory, 'undionly.kpxe'), 'x')
    await expect(loadIpxeBinaries(directory)).rejects.toMatchObject({
      code: 'ERR_BOOT_FILE_MISSING',
      path: join(directory, 'ipxe.pxe'),
      remedy: expect.stringContaining('apt install ipxe'),
    })
  })

  test('records the digest of exactly what it serves', async () => {
    const directory = await emptyDirectory()
    for (const name of ['undionly.kpxe', 'ipxe.pxe', 'snponly.efi', 'ipxe.efi']) {
      await writeFile(join(directory, name), 'abc')
    }
    const { digests } = await loadIpxeBinaries(directory)
    expect(digests.get('ipxe/ipxe.efi')).toBe(
      'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })
})
