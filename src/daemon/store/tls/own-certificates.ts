import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock } from '../../../base/clock.ts'
import { CodedError } from '../../../base/coded-error.ts'
import {
  type CertificateFacts,
  encodeCertificate,
  encodeCertificateBody,
} from '../../../protocol/x509/certificate.ts'

/** A certificate with its private key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string
  readonly key: string
}

export interface OwnCertificates {
  /** Whom clients trust: our authority's certificate, PEM. */
  readonly authority: string
  readonly server: KeyedCertificate
}

/** Who is served with a certificate; each has a file of its own in the folder. */
export type CertificateAudience = 'operators' | 'machines'

export interface OwnCertificatesOptions {
  /** Folder of keys; made where it is missing. */
  readonly directory: string
  readonly audience: CertificateAudience
  /** Host names and IPv4 addresses that the server goes by. */
  readonly serverNames: readonly string[]
  readonly clock: Clock
}

/** What lies in the folder is not what we put there. */
export class CertificateUnusableError extends CodedError {
  readonly code = 'ERR_CERTIFICATE_UNUSABLE'

  constructor(path: string, cause: unknown) {
    super(`the certificate or key in ${path} cannot be used`, {
      cause,
      remedy: `restore it from your backup; without ${path}, new ones are made, which every client then has to be told of`,
    })
  }
}

/** The file that never leaves the folder; `authority.pem` beside it is without the key, for everybody. */
const authorityName = 'authority-with-key'
const dayMs = 86_400_000
/** "No well-defined expiration" (RFC 5280 §4.1.2.5). */
const unendingMs = Date.UTC(9999, 11, 31, 23, 59, 59)
/** Browsers take no longer ones. A machine's clock may show any year, so its certificate has none. */
const operatorDays = 397
/** A server's certificate is made anew when less is left. */
const renewDays = 60

/**
 * Our own authority and a certificate for one of our servers, made once and kept. The authority's key signs
 * nothing else, and never leaves the folder. Valid since 1970, because a machine whose clock has lost its
 * battery begins there, and the authority for ever, because another wrong clock may show any year.
 *
 * @throws {CertificateUnusableError} when what is kept cannot be read
 */
export async function ownCertificates(options: OwnCertificatesOptions): Promise<OwnCertificates> {
  const { audience, directory, clock, serverNames } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const authority = (await readPair(directory, authorityName)) ?? (await makeAuthority(directory))
  await publishAuthority(directory, authority.certificate)
  const kept = await readPair(directory, audience)
  const isFit = kept !== undefined && fits(kept, authority, serverNames, clock.nowMs())
  const server = isFit ? kept : await makeServer(authority, options)
  return { authority: authority.certificate, server }
}

async function readPair(directory: string, name: string): Promise<KeyedCertificate | undefined> {
  const path = join(directory, `${name}.pem`)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CertificateUnusableError(path, error)
  }
  const [certificate = '', key = ''] = text.match(/-----BEGIN [^]+?-----END [^\n]+\n/g) ?? []
  try {
    const parsed = new X509Certificate(certificate)
    if (!parsed.checkPrivateKey(createPrivateKey(key)))
      throw new Error('they do not belong together')
  } catch (error) {
    throw new CertificateUnusableError(path, error)
  }
  return { certificate, key }
}

function fits(
  { certificate }: KeyedCertificate,
  authority: KeyedCertificate,
  serverNames: readonly string[],
  nowMs: number,
): boolean {
  const parsed = new X509Certificate(certificate)
  const issuer = new X509Certificate(authority.certificate)
  const isOurs = parsed.checkIssued(issuer) && parsed.verify(issuer.publicKey)
  const isFresh = parsed.validToDate.getTime() - nowMs > renewDays * dayMs
  const names = serverNames.every(
    (name) => parsed.checkHost(name) !== undefined || parsed.checkIP(name) !== undefined,
  )
  return isOurs && isFresh && names
}

async function makeAuthority(directory: string): Promise<KeyedCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keyId = keyIdOf(publicKey)
  const subject = `Repave authority ${keyId.toString('hex').slice(0, 8)}`
  const facts: CertificateFacts = {
    ...{ serial: newSerial(), issuer: subject, subject, notBeforeMs: 0 },
    notAfterMs: unendingMs,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    ...{ keyId, issuerKeyId: keyId, use: 'authority' as const },
  }
  return writePair(directory, authorityName, signed(facts, privateKey, privateKey))
}

async function makeServer(
  authority: KeyedCertificate,
  { audience, directory, serverNames, clock }: OwnCertificatesOptions,
): Promise<KeyedCertificate> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const issuerKey = createPrivateKey(authority.key)
  const facts: CertificateFacts = {
    serial: newSerial(),
    issuer: new X509Certificate(authority.certificate).subject.replace('CN=', ''),
    ...{ subject: 'Repave daemon', notBeforeMs: 0 },
    notAfterMs: audience === 'machines' ? unendingMs : clock.nowMs() + operatorDays * dayMs,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    keyId: keyIdOf(publicKey),
    issuerKeyId: keyIdOf(createPublicKey(issuerKey)),
    use: { serverNames },
  }
  return writePair(directory, audience, signed(facts, issuerKey, privateKey))
}

function signed(
  facts: CertificateFacts,
  issuerKey: KeyObject,
  ownKey: KeyObject,
): KeyedCertificate {
  const body = encodeCertificateBody(facts)
  const der = encodeCertificate(body, sign('sha256', body, issuerKey))
  const base64 = Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n')
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: ownKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}

/** What is handed to clients, beside what is not. */
async function publishAuthority(directory: string, certificate: string): Promise<void> {
  const path = join(directory, 'authority.pem')
  const published = await readFile(path, 'utf8').catch(() => undefined)
  if (published === certificate) return
  await writeFile(`${path}.new`, certificate, { mode: 0o644, flush: true })
  await rename(`${path}.new`, path)
}

/** Both in one file, so that a kill cannot leave one without the other. */
async function writePair(
  directory: string,
  name: string,
  pair: KeyedCertificate,
): Promise<KeyedCertificate> {
  const path = join(directory, `${name}.pem`)
  await writeFile(`${path}.new`, pair.certificate + pair.key, { mode: 0o600, flush: true })
  await rename(`${path}.new`, path)
  return pair
}

/** sha1 of the key's bits, which are the last 65 bytes of a P-256 key in DER (RFC 5280 §4.2.1.2). */
function keyIdOf(publicKey: KeyObject): Buffer {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha1').update(der.subarray(-65)).digest()
}

/** Positive, and not to be guessed. */
function newSerial(): Buffer {
  const serial = randomBytes(16)
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40
  return serial
}
