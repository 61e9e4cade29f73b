import { createPublicKey, verify } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { openAgentKey } from '../../../src/agent/agent-key.ts'

describe('openAgentKey', () => {
  let path = ''
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'key-')), 'repave', 'key.pem')
  })
  afterEach(() => rmSync(join(path, '../..'), { recursive: true }))

  test('makes a new key where there is none or a damaged one', () => {
    const { publicKeyBase64 } = openAgentKey(path)
    writeFileSync(path, 'damaged')
    expect(openAgentKey(path).publicKeyBase64).not.toBe(publicKeyBase64)
  })

  test('is the same key for a restarted agent, and no one else can read it', () => {
    expect(openAgentKey(path).publicKeyBase64).toBe(openAgentKey(path).publicKeyBase64)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('signs what its public key proves', () => {
    const key = openAgentKey(path)
    const x = Buffer.from(key.publicKeyBase64, 'base64').toString('base64url')
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const signature = Buffer.from(key.sign('challenge.token'), 'base64')
    expect(verify(null, Buffer.from('challenge.token'), publicKey, signature)).toBe(true)
  })
})
