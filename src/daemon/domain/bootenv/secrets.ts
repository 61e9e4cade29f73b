/** Randomness, hashing and signatures, which the domain may not take from Node itself. */
export interface Secrets {
  /** A random UUID. */
  newId(): string
  /** 256 random bits as base64url, 43 characters. */
  newSecret(): string
  /** sha256 of the UTF-8 bytes, 64 hex digits: what is stored in a secret's place. */
  hashOf(secret: string): string
  /** Compares in a time that does not depend on where the texts differ. */
  isSame(left: string, right: string): boolean
  /** Whether `signature` (base64) is ed25519 over the UTF-8 bytes of `text` by the raw key (base64). */
  isSignedBy(publicKey: string, text: string, signature: string): boolean
}
