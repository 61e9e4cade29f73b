import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CodedError, messageOf } from '../base/coded-error.ts'
import type { TlsFiles } from './api/operator-server.ts'
import type { DaemonConfig } from './config.ts'
import { nodeClock } from './node-clock.ts'
import type { OperatorTcp } from './operator-listener.ts'
import { ownCertificates } from './store/tls/own-certificates.ts'

/** The certificate that the settings name, or its key, is not what it should be. */
export class CertificateInvalidError extends CodedError {
  readonly code = 'ERR_CERTIFICATE_INVALID'

  constructor(path: string, cause: unknown) {
    super(`${path} cannot be used for TLS: ${messageOf(cause)}`, {
      cause,
      remedy: 'give a PEM file to operators.certificate, and that of its key to operators.key',
    })
  }
}

/** Where the daemon keeps its own authority and certificates. */
export function tlsDirectory(config: Pick<DaemonConfig, 'dataDir'>): string {
  return join(config.dataDir, 'tls')
}

/**
 * How operators are served over TCP. The authority whose certificate clients have to trust lies in
 * `tls/authority.pem` of the data directory.
 *
 * @throws {CertificateInvalidError} when the settings name one that cannot be used
 */
export async function operatorTcp(config: DaemonConfig, port: number): Promise<OperatorTcp> {
  const { address, origins, tls } = config.operators
  const reach = { address, port, trustedOrigins: origins }
  return tls ? { ...reach, tls: await tlsFiles(config) } : reach
}

async function tlsFiles({ operators, address, dataDir }: DaemonConfig): Promise<TlsFiles> {
  const { certificate, key, names } = operators
  if (certificate !== undefined && key !== undefined) return givenFiles(certificate, key)
  // An address of all interfaces is none that anybody asks for.
  const own = operators.address === '0.0.0.0' ? [] : [operators.address]
  const { server } = await ownCertificates({
    directory: tlsDirectory({ dataDir }),
    serverNames: [...new Set(['localhost', '127.0.0.1', address, ...own, ...names])],
    clock: nodeClock,
  })
  return server
}

async function givenFiles(certificatePath: string, keyPath: string): Promise<TlsFiles> {
  const certificate = await readPem(certificatePath)
  const key = await readPem(keyPath)
  try {
    const isPair = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))
    if (!isPair) throw new Error(`the key in ${keyPath} is not that of this certificate`)
  } catch (thrown) {
    throw new CertificateInvalidError(certificatePath, thrown)
  }
  return { certificate, key }
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (thrown) {
    throw new CertificateInvalidError(path, thrown)
  }
}
