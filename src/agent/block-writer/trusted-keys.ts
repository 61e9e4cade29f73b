import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import { CodedError, messageOf } from '../../base/coded-error.ts'

/** A raw ed25519 public key whose signature on a manifest this machine believes. */
export interface TrustedKey {
  /** First 16 hex digits of the sha256 of the raw key. */
  readonly keyId: string
  readonly publicKeyBase64: string
}

/** Without a trusted key no image can be believed, so none is written. */
export class TrustedKeysError extends CodedError {
  readonly code = 'ERR_TRUSTED_KEYS'

  constructor(path: string, reason: string) {
    super(`${path}: ${reason}`, {
      remedy: 'the daemon adds them to what it serves: boot the machine from it',
    })
  }
}

/** Reads `[{"keyId": ..., "publicKeyBase64": ...}]`. @throws {TrustedKeysError} */
export async function readTrustedKeys(path: string): Promise<TrustedKey[]> {
  let keys: unknown
  try {
    keys = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new TrustedKeysError(path, messageOf(error))
  }
  if (!Array.isArray(keys) || keys.length === 0) throw new TrustedKeysError(path, 'holds no key')
  const unsound = keys.findIndex((key) => !isTrustedKey(key))
  if (unsound !== -1) throw new TrustedKeysError(path, `key ${unsound + 1} is not what it says`)
  return keys as TrustedKey[]
}

function isTrustedKey(value: unknown): value is TrustedKey {
  const { keyId, publicKeyBase64 } = (value ?? {}) as Partial<Record<keyof TrustedKey, unknown>>
  if (typeof keyId !== 'string' || typeof publicKeyBase64 !== 'string') return false
  const raw = Buffer.from(publicKeyBase64, 'base64')
  const hash = createHash('sha256').update(raw).digest('hex')
  return raw.length === 32 && hash.startsWith(keyId) && keyId.length === 16
}
