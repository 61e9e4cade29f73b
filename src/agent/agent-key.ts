import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** The ed25519 key that this boot of this machine is known by. */
export interface AgentKey {
  /** The raw 32 bytes. */
  readonly publicKeyBase64: string
  /** Over the UTF-8 bytes of `text`, base64. */
  readonly sign: (text: string) => string
}

/**
 * The key at `path`, made when there is none. The path lies in memory: a restarted agent is the same
 * agent, a rebooted machine is a new one.
 */
export function openAgentKey(path: string): AgentKey {
  const privateKey = readKey(path) ?? createKey(path)
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  return {
    publicKeyBase64: Buffer.from(jwk.x ?? '', 'base64url').toString('base64'),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64'),
  }
}

function readKey(path: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(path))
  } catch {
    return undefined
  }
}

function createKey(path: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519')
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return privateKey
}
