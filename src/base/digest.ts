import { toHex } from './hex.ts'

declare const digest: unique symbol

/** A sha256 over exact bytes: `sha256:` and 64 lower-case hex digits. */
export type Digest = string & { readonly [digest]: true }

/** Undefined when `text` is not `sha256:` and 64 lower-case hex digits. */
export function readDigest(text: string): Digest | undefined {
  return /^sha256:[0-9a-f]{64}$/.test(text) ? (text as Digest) : undefined
}

/** @throws {RangeError} when the hash is not 32 bytes long */
export function digestFromBytes(hash: Uint8Array): Digest {
  if (hash.length !== 32) throw new RangeError(`a sha256 has 32 bytes, got ${hash.length}`)
  return `sha256:${toHex(hash)}` as Digest
}

/** The 64 hex digits alone, for file names and URLs. */
export function digestHex(value: Digest): string {
  return value.slice('sha256:'.length)
}
