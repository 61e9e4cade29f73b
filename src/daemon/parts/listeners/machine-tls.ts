import { X509Certificate } from 'node:crypto'

import type { DaemonConfig } from '../../configuration/config.ts'
import { nodeClock } from '../../process/node-clock.ts'
import { type KeyedCertificate, ownCertificates } from '../../store/tls/own-certificates.ts'
import { CertificateInvalidError, readGivenCertificate } from './given-certificate.ts'
import { tlsDirectory } from './operator-tls.ts'

/** How machines are served over TLS. */
export interface MachineTls {
  readonly server: KeyedCertificate
  /** Whom sledgehammer's agent trusts, and nobody else; PEM. */
  readonly authority: string
}

/**
 * What agents speak TLS with; undefined where the settings say that they do not.
 *
 * @throws {CertificateInvalidError} when the settings name a certificate that cannot be used
 */
export async function machineTls(config: DaemonConfig): Promise<MachineTls | undefined> {
  const { address, machines } = config
  const { tls, certificate, key } = machines
  if (!tls) return undefined
  if (certificate !== undefined && key !== undefined) {
    return givenTls(await readGivenCertificate('machines', certificate, key), certificate, address)
  }
  const directory = tlsDirectory(config)
  const serverNames = [address]
  return ownCertificates({ directory, audience: 'machines', serverNames, clock: nodeClock })
}

/** Agents ask for an address, and pin the last certificate of the file: itself, or who issued the first. */
function givenTls(server: KeyedCertificate, path: string, address: string): MachineTls {
  if (new X509Certificate(server.certificate).checkIP(address) === undefined) {
    const cause = new Error(
      `it does not name ${address}, which is where agents look for the daemon`,
    )
    throw new CertificateInvalidError('machines', path, cause)
  }
  const chain = server.certificate.match(
    /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g,
  )
  return { server, authority: `${chain?.at(-1) ?? ''}\n` }
}
