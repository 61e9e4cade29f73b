import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { readTrustedKeys } from '../../../../src/agent/block-writer/trusted-keys.ts'
import { createSignedImage } from '../../../fakes/signed-image.ts'

const { trustedKey } = createSignedImage(Buffer.alloc(512, 1))

const read = async (content: string) => {
  const directory = mkdtempSync(join(tmpdir(), 'keys-'))
  try {
    const path = join(directory, 'trusted-keys.json')
    writeFileSync(path, content)
    return await readTrustedKeys(path)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe('readTrustedKeys', () => {
  test.each([
    ['no JSON', '{'],
    ['no key', '[]'],
    ['something else', '{"keyId":"x"}'],
    ['a key that is too short', JSON.stringify([{ keyId: 'x', publicKeyBase64: 'AAAA' }])],
    ['a key under a wrong name', JSON.stringify([{ ...trustedKey, keyId: '0123456789abcdef' }])],
    ['a key under an empty name', JSON.stringify([{ ...trustedKey, keyId: '' }])],
  ])('refuses a file with %s', async (_what, content) => {
    await expect(read(content)).rejects.toMatchObject({ code: 'ERR_TRUSTED_KEYS' })
  })

  test('refuses a missing file', async () => {
    await expect(readTrustedKeys('/nonexistent/keys.json')).rejects.toThrow('ENOENT')
  })

  test('reads keys whose name is their fingerprint', async () => {
    expect(await read(JSON.stringify([trustedKey]))).toEqual([trustedKey])
  })
})
