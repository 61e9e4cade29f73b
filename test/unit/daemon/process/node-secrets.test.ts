import { generateKeyPairSync, sign } from 'node:crypto'

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { nodeSecrets } from '../../../../src/daemon/process/node-secrets.ts'

describe('nodeSecrets', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString(
    'base64',
  )
  const signature = sign(null, Buffer.from('hello'), privateKey).toString('base64')

  it('refuses a signature over another text, and answers any key and signature', () => {
    expect(nodeSecrets.isSignedBy(raw, 'hullo', signature)).toBe(false)
    fc.assert(
      fc.property(
        fc.base64String(),
        fc.base64String(),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (key, mark, bytes) => {
          expect(nodeSecrets.isSignedBy(key, 'hello', mark)).toBe(false)
          expect(
            nodeSecrets.isSignedBy(Buffer.from(bytes).toString('base64'), 'hello', signature),
          ).toBe(false)
        },
      ),
    )
  })

  it('accepts what the key signed', () => {
    expect(nodeSecrets.isSignedBy(raw, 'hello', signature)).toBe(true)
  })

  it('makes secrets of 256 bits, and compares texts of any length', () => {
    expect(nodeSecrets.newSecret()).toMatch(/^[\w-]{43}$/)
    expect(nodeSecrets.isSame('a', 'a')).toBe(true)
    expect(nodeSecrets.isSame('a', 'ab')).toBe(false)
    expect(nodeSecrets.hashOf('')).toMatch(/^e3b0c442/)
  })
})
