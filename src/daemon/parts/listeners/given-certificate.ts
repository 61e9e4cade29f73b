import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'

import { CodedError, messageOf } from '../../../base/coded-error.ts'
import type { CertificateAudience, KeyedCertificate } from '../../store/tls/own-certificates.ts'

/** The certificate that the settings name, or its key, is not what it should be. */
export class CertificateInvalidError extends CodedError {
  readonly code = 'ERR_CERTIFICATE_INVALID'

  constructor(audience: CertificateAudience, path: string, cause: unknown) {
    super(`${path} cannot be used for TLS: ${messageOf(cause)}`, {
      cause,
      remedy: `give a PEM file to ${audience}.certificate, and that of its key to ${audience}.key`,
    })
  }
}

/**
 * Reads a certificate that an operator has from elsewhere, with those between it and its root, and its key.
 *
 * @throws {CertificateInvalidError}
 */
export async function readGivenCertificate(
  audience: CertificateAudience,
  certificatePath: string,
  keyPath: string,
): Promise<KeyedCertificate> {
  const read = async (path: string) => {
    try {
      return await readFile(path, 'utf8')
    } catch (thrown) {
      throw new CertificateInvalidError(audience, path, thrown)
    }
  }
  const certificate = await read(certificatePath)
  const key = await read(keyPath)
  try {
    const isPair = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
    if (!isPair) throw new Error(`the key in ${keyPath} is not that of this certificate`)
  } catch (thrown) {
    throw new CertificateInvalidError(audience, certificatePath, thrown)
  }
  return { certificate, key }
}
