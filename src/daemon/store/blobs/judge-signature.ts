import { createHash, createPublicKey, verify } from 'node:crypto'

import type { SignedManifest } from '../../../contract/image-manifest.ts'
import { ImageArchiveError, ImageUnsignedError } from './errors.ts'
import type { SignatureJudge } from './image-archive.ts'

export interface SignaturePolicy {
  /** Raw ed25519 public keys, base64: whose images are taken as signed. */
  readonly trustedKeys: readonly string[]
  /** Whether images that none of them signed are taken at all; they are shown as unsigned. */
  readonly allowUnsigned: boolean
}

/** @returns a judge that throws {@link ImageUnsignedError} where the policy demands a signature, and {@link ImageArchiveError} on a wrong one */
export function judgeSignatures(policy: SignaturePolicy): SignatureJudge {
  const { trustedKeys, allowUnsigned } = policy
  return (signed) => {
    const key = trustedKeys.find((candidate) => keyIdOf(candidate) === signed.keyId)
    if (key !== undefined) {
      if (!isSignedBy(key, signed)) throw new ImageArchiveError('its signature is wrong')
      return 'signed'
    }
    if (!allowUnsigned) throw new ImageUnsignedError(signed.keyId)
    return 'unsigned'
  }
}

function keyIdOf(publicKeyBase64: string): string {
  const raw = Buffer.from(publicKeyBase64, 'base64')
  return createHash('sha256').update(raw).digest('hex').slice(0, 16)
}

function isSignedBy(publicKeyBase64: string, { manifest, signature }: SignedManifest): boolean {
  const x = Buffer.from(publicKeyBase64, 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return verify(null, Buffer.from(manifest), key, Buffer.from(signature, 'base64'))
}
