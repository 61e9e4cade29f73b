import { join } from 'node:path'

import type { TlsFiles } from '../../api/operator-server.ts'
import type { DaemonConfig } from '../../configuration/config.ts'
import { nodeClock } from '../../process/node-clock.ts'
import { ownCertificates } from '../../store/tls/own-certificates.ts'
import { readGivenCertificate } from './given-certificate.ts'
import type { OperatorTcp } from './operator-listener.ts'

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
  if (certificate !== undefined && key !== undefined)
    return readGivenCertificate('operators', certificate, key)
  // An address of all interfaces is none that anybody asks for.
  const own = operators.address === '0.0.0.0' ? [] : [operators.address]
  const { server } = await ownCertificates({
    directory: tlsDirectory({ dataDir }),
    audience: 'operators',
    serverNames: [...new Set(['localhost', '127.0.0.1', address, ...own, ...names])],
    clock: nodeClock,
  })
  return server
}
