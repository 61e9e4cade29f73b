import { join } from 'node:path'

import { ownCertificates } from '../../src/daemon/store/tls/own-certificates.ts'
import { realClock } from './real-clock.ts'

/** An authority of its own in `directory`, and the certificate of a daemon at 127.0.0.1. */
export function machineCertificates(directory: string, serverNames = ['127.0.0.1']) {
  return ownCertificates({
    ...{ directory: join(directory, 'tls'), audience: 'machines', serverNames, clock: realClock },
  })
}
