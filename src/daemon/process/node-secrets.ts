import {
  createHash,
  createPublicKey,
  randomBytes,
  randomUUID,
  timingSafeEqual,
  verify,
} from 'node:crypto'

import type { Secrets } from '../domain/bootenv/secrets.ts'

/** Randomness, hashes and signatures from Node's crypto. */
export const nodeSecrets: Secrets = {
  newId: () => randomUUID(),
  newSecret: () => randomBytes(32).toString('base64url'),
  hashOf: (secret) => sha256(secret).toString('hex'),
  // Equal lengths, whatever was handed in: only then is the comparison's time the same for all.
  isSame: (left, right) => timingSafeEqual(sha256(left), sha256(right)),
  isSignedBy,
}

function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  const raw = Buffer.from(publicKey, 'base64')
  if (raw.length !== 32) return false
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    return verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64'))
  } catch {
    // 32 bytes that are no point on the curve.
    return false
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest()
}
