import { createHash, generateKeyPairSync, sign } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { digestFromBytes } from '../../../src/base/digest.ts'
import { openReceipt } from '../../../src/cli/receipt.ts'
import { canonicalJson } from '../../../src/contract/canonical-json.ts'
import type { Receipt, SignedReceipt } from '../../../src/contract/receipt.ts'
import { receiptLines } from '../../../src/presentation/receipt-text.ts'

const digestOf = (text: string) => digestFromBytes(createHash('sha256').update(text).digest())

const receipt: Receipt = {
  format: 'repave-receipt/1',
  runId: '22222222-2222-4222-8222-222222222222',
  imageName: 'debian-12',
  imageDigest: digestOf('manifest'),
  rawDigest: digestOf('raw'),
  rawBytes: 4096,
  disk: { path: '/dev/sda', serial: 'S\u001b[31mX', sizeBytes: 8192 },
  ...{ mode: 'delta', readBack: 'complete', bytesWritten: 1024, bytesEqual: 3072 },
  ...{ bytesReadBack: 4096, bytesFetched: 100, chunksRefetched: 1, reconnects: 2 },
  ...{ startedAtMs: 0, writeMs: 10, readBackMs: 5, agentVersion: 'test' },
}

const signedBy = (what: Receipt): SignedReceipt => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const x = publicKey.export({ format: 'jwk' }).x ?? ''
  const text = canonicalJson(what)
  return {
    receipt: text,
    digest: digestOf(text),
    signature: sign(null, Buffer.from(text), privateKey).toString('base64'),
    publicKey: Buffer.from(x, 'base64url').toString('base64'),
  }
}

const signed = signedBy(receipt)

describe('openReceipt', () => {
  test.each([
    ['a changed word', { receipt: signed.receipt.replace('4096', '4097') }, 'signature'],
    ['the key of somebody else', { publicKey: signedBy(receipt).publicKey }, 'signature'],
    ['a key that is none', { publicKey: 'AAAA' }, 'signature'],
    ['another digest', { digest: digestOf('another') }, 'digest'],
  ])('refuses one with %s', (_what, change, reason) => {
    expect(() => openReceipt({ ...signed, ...change })).toThrow(reason)
  })

  test('refuses one that is signed by another key than the one given', () => {
    expect(() => openReceipt(signed, signedBy(receipt).publicKey)).toThrow('not with the key given')
    expect(openReceipt(signed, signed.publicKey)).toEqual(receipt)
  })

  test('refuses what is signed and yet no receipt', () => {
    const strange = signedBy({ ...receipt, more: 1 } as Receipt)
    expect(() => openReceipt(strange)).toThrow('nobody can read')
  })
})

describe('receiptLines', () => {
  test('says what is proven, and on which word that rests', () => {
    const text = receiptLines(receipt, signed, false).join('\n')
    expect(text).toContain('every byte of the image was read from this disk')
    expect(text).toContain(`the agent's of run ${receipt.runId}`)
    expect(text).toContain('3.0 KiB was right already')
    expect(text).not.toContain('\u001b')
  })

  test('never calls it proven where the read-back was waived', () => {
    const waived: Receipt = { ...receipt, readBack: 'waived', bytesReadBack: 0 }
    const text = receiptLines(waived, signed, true).join('\n')
    expect(text).toContain('NOT read back')
    expect(text).not.toContain('was read from this disk')
    expect(text).toContain('nothing: the key is the one given')
  })
})
