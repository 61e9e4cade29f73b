import {
  createHash,
  createPublicKey,
  randomBytes,
  randomUUID,
  timingSafeEqual,
  verify,
} from 'node:crypto'

import type { Secrets } from '../domain/bootenv/secrets.ts'

const secretBytes = 32
const rawKeyBytes = 32

export const nodeSecrets: Secrets = {
  newId: () => randomUUID(),
  newSecret: () => randomBytes(secretBytes).toString('base64url'),
  hashOf: (secret) => createHash('sha256').update(secret).digest('hex'),
  /** Digests of equal length are compared, so that lengths do not show either. */
  isSame: (left, right) => timingSafeEqual(sha256(left), sha256(right)),
  isSignedBy(publicKey, text, signature) {
    const raw = Buffer.from(publicKey, 'base64')
    if (raw.length !== rawKeyBytes) return false
    const x = raw.toString('base64url')
    try {
      const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
      return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64'))
    } catch {
      return false
    }
  },
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
