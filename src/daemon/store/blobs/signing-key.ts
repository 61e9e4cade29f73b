import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { CodedError } from '../../../base/coded-error.ts'

/** The ed25519 key with which this daemon vouches for images. */
export interface SigningKey {
  /** First 16 hex digits of the sha256 of the raw public key. */
  readonly keyId: string
  /** Raw public key, 32 bytes. */
  readonly publicKeyBase64: string
  /** ed25519 over the UTF-8 bytes of `text`, base64. */
  sign(text: string): string
}

/** The key file is there and holds no ed25519 key. It is never replaced: deployed agents trust it. */
export class SigningKeyError extends CodedError {
  readonly code = 'ERR_SIGNING_KEY'
  readonly path: string

  constructor(path: string, cause: unknown) {
    super(`${path} holds no ed25519 private key`, {
      cause,
      remedy: 'restore it from a backup; without it every image must be imported again',
    })
    this.path = path
  }
}

/**
 * Reads the key from `path` (PEM, PKCS #8), and makes one with mode 0600 where there is no such file.
 *
 * @throws {SigningKeyError} when the file is there and is no such key
 */
export async function loadSigningKey(path: string): Promise<SigningKey> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const pem = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return pem === undefined ? createSigningKey(path) : signingKeyOf(parseKey(path, pem))
}

function parseKey(path: string, pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (error) {
    throw new SigningKeyError(path, error)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new SigningKeyError(path, key.asymmetricKeyType)
  return key
}

async function createSigningKey(path: string): Promise<SigningKey> {
  const { privateKey } = generateKeyPairSync('ed25519')
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  await file.sync()
  return signingKeyOf(privateKey)
}

/** The raw key is what follows the fixed prefix of its DER form (RFC 8410 §4). */
function signingKeyOf(privateKey: KeyObject): SigningKey {
  const raw = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-32)
  return {
    keyId: createHash('sha256').update(raw).digest('hex').slice(0, 16),
    publicKeyBase64: raw.toString('base64'),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  }
}
