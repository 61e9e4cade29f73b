import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'

import { BackupUnusableError } from './errors.ts'

/*
 *   repave-backup 1 sealed SALT NONCE\n   AES-256-GCM of the archive   16 bytes: its tag
 *   repave-backup 1 plain\n               the archive
 *
 * The key is scrypt of the passphrase; the first line is authenticated with the rest.
 */

const magic = 'repave-backup 1'
const tagBytes = 16
const scryptCost = { N: 1 << 15, r: 8, p: 1, maxmem: 128 * 1024 * 1024 }

/** Encrypts with the passphrase; without one says in its first line that it does not. */
export async function* sealBackup(
  archive: AsyncIterable<Uint8Array>,
  passphrase: string | undefined,
): AsyncGenerator<Uint8Array> {
  if (passphrase === undefined) {
    yield Buffer.from(`${magic} plain\n`)
    yield* archive
    return
  }
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const line = Buffer.from(`${magic} sealed ${salt.toString('hex')} ${nonce.toString('hex')}\n`)
  yield line
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, scryptCost), nonce)
  cipher.setAAD(line)
  for await (const bytes of archive) yield cipher.update(bytes)
  yield cipher.final()
  yield cipher.getAuthTag()
}

/**
 * The archive of a backup. What it yields of a sealed one is proven only when it has ended.
 *
 * @throws {BackupUnusableError} when the passphrase is missing or wrong, or a byte was changed
 */
export async function* openBackup(
  backup: AsyncIterable<Uint8Array>,
  passphrase: string | undefined,
): AsyncGenerator<Uint8Array> {
  const source = backup[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  while (!head.includes(10) && head.length < 256) head = Buffer.concat([head, await next(source)])
  const end = head.indexOf(10) + 1
  const line = head.subarray(0, end)
  const match = /^repave-backup 1 (?:plain|sealed ([0-9a-f]{32}) ([0-9a-f]{24}))\n$/.exec(
    line.toString('latin1'),
  )
  if (match === null) throw new BackupUnusableError('it is no backup of ours')
  const rest = chunks(head.subarray(end), source)
  const [, salt, nonce] = match
  if (salt === undefined || nonce === undefined) {
    yield* rest
    return
  }
  if (passphrase === undefined) {
    throw new BackupUnusableError('it is encrypted; give the passphrase (--passphrase-file)')
  }
  const key = scryptSync(passphrase, Buffer.from(salt, 'hex'), 32, scryptCost)
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'hex'))
  decipher.setAAD(line)
  let held: Buffer = Buffer.alloc(0)
  for await (const bytes of rest) {
    held = Buffer.concat([held, bytes])
    if (held.length <= tagBytes) continue
    yield decipher.update(held.subarray(0, -tagBytes))
    held = held.subarray(-tagBytes)
  }
  try {
    decipher.setAuthTag(held)
    yield decipher.final()
  } catch (error) {
    throw new BackupUnusableError('the passphrase is wrong, or it was changed', error)
  }
}

async function* chunks(
  first: Uint8Array,
  source: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first
  for (let step = await source.next(); step.done !== true; step = await source.next()) {
    yield step.value
  }
}

async function next(source: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const { value, done } = await source.next()
  if (done === true) throw new BackupUnusableError('it ends too early')
  return value
}
