import { rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { SigningKeyFacts } from '../../../contract/image-documents.ts'
import { syncDirectory } from './durable-files.ts'
import { loadSigningKey, type SigningKey } from './signing-key.ts'

/**
 * The key that signs and the one that will sign after it. Agents trust both from the boot on, so that
 * machines which are up when keys change hands believe what the next one has signed.
 */
export class SigningKeys implements SigningKey {
  readonly #folder: string
  #current: SigningKey
  #next: SigningKey

  private constructor(folder: string, current: SigningKey, next: SigningKey) {
    this.#folder = folder
    this.#current = current
    this.#next = next
  }

  /**
   * Reads both keys from `folder`; makes those that are not there.
   *
   * @throws {SigningKeyError} when a file is there and is no such key
   */
  static async open(folder: string): Promise<SigningKeys> {
    const current = await loadSigningKey(join(folder, currentFile))
    return new SigningKeys(folder, current, await loadSigningKey(join(folder, nextFile)))
  }

  get keyId(): string {
    return this.#current.keyId
  }

  get publicKeyBase64(): string {
    return this.#current.publicKeyBase64
  }

  sign(text: string): string {
    return this.#current.sign(text)
  }

  get next(): SigningKey {
    return this.#next
  }

  /** What agents that boot now believe. */
  trusted(): readonly Pick<SigningKey, 'keyId' | 'publicKeyBase64'>[] {
    return [this.#current, this.#next].map(({ keyId, publicKeyBase64 }) => ({
      keyId,
      publicKeyBase64,
    }))
  }

  async list(): Promise<readonly SigningKeyFacts[]> {
    const facts = async (key: SigningKey, role: 'current' | 'next', file: string) => ({
      keyId: key.keyId,
      publicKeyBase64: key.publicKeyBase64,
      role,
      createdAtMs: Math.round((await stat(join(this.#folder, file))).mtimeMs),
    })
    return [
      await facts(this.#current, 'current', currentFile),
      await facts(this.#next, 'next', nextFile),
    ]
  }

  /** Puts the next key in the place of the current one, which is gone then, and makes a new next. */
  async advance(): Promise<void> {
    const next = join(this.#folder, nextFile)
    await rename(next, join(this.#folder, currentFile))
    await syncDirectory(dirname(next))
    this.#current = this.#next
    this.#next = await loadSigningKey(next)
  }
}

const currentFile = 'image-signing.pem'
const nextFile = 'image-signing-next.pem'
