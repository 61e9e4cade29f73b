import { createHash, createPublicKey, verify } from 'node:crypto'

import { messageOf } from '../../base/coded-error.ts'
import { type Digest, digestFromBytes } from '../../base/digest.ts'
import { type ImageManifest, signedManifestSchema } from '../../contract/image-manifest.ts'
import { readManifest } from '../../contract/read-manifest.ts'
import { ManifestRefusedError } from './errors.ts'
import type { TrustedKey } from './trusted-keys.ts'

/**
 * Reads a signed manifest and believes it only when a trusted key signed it and it is the very image
 * that was ordered.
 *
 * @throws {ManifestRefusedError}
 */
export function openSignedManifest(
  document: string,
  orderedDigest: Digest,
  trustedKeys: readonly TrustedKey[],
): ImageManifest {
  const signed = parse(document, signedManifestSchema)
  const key = trustedKeys.find(({ keyId }) => keyId === signed.keyId)
  if (key === undefined) {
    throw new ManifestRefusedError(
      `it is signed with key ${signed.keyId}, which this sledgehammer does not trust`,
      'build sledgehammer with the key of this daemon',
    )
  }
  const bytes = Buffer.from(signed.manifest)
  if (!verify(null, bytes, publicKeyOf(key), Buffer.from(signed.signature, 'base64'))) {
    throw new ManifestRefusedError('its signature is wrong')
  }
  const digest = digestFromBytes(createHash('sha256').update(bytes).digest())
  if (digest !== orderedDigest) {
    throw new ManifestRefusedError(`it is image ${digest}, ordered was ${orderedDigest}`)
  }
  const reading = readManifest(signed.manifest)
  if (!reading.ok) throw new ManifestRefusedError(reading.reason)
  return reading.manifest
}

function parse<Value>(document: string, schema: { parse(value: unknown): Value }): Value {
  try {
    return schema.parse(JSON.parse(document))
  } catch (error) {
    throw new ManifestRefusedError(messageOf(error).slice(0, 500))
  }
}

function publicKeyOf(key: TrustedKey) {
  const x = Buffer.from(key.publicKeyBase64, 'base64').toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}
