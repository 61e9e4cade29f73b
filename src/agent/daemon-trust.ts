import { readFileSync } from 'node:fs'

import { CodedError } from '../base/coded-error.ts'

/** Where the daemon is, and whom it has to be vouched for by. */
export interface DaemonAddress {
  /** Of the provisioning listener, without a slash at the end. */
  readonly daemonUrl: string
  /** PEM; the only one that is trusted. Undefined where the daemon serves without TLS. */
  readonly authority?: string | undefined
}

/** Who answers at the daemon's address does not prove to be the daemon that this machine was booted by. */
export class DaemonUntrustedError extends CodedError {
  readonly code = 'ERR_DAEMON_UNTRUSTED'

  constructor(daemonUrl: string, cause: NodeJS.ErrnoException) {
    super(
      `${daemonUrl} is not the daemon that booted this machine: ${cause.code ?? cause.message}`,
      {
        cause,
        remedy:
          'boot again, which brings the authority that the daemon has now; if that does not help, find out what else answers at this address',
      },
    )
  }
}

/** The codes of OpenSSL and Node for a certificate that does not convince, and for an answer that is no TLS. */
const untrustedCodes = /CERT|ISSUER|_VERIFY_|INVALID_CA|EPROTO/

/** @returns undefined when the failure is of another kind: a lost connection, say */
export function readTrustFailure(
  daemonUrl: string,
  failure: NodeJS.ErrnoException,
): DaemonUntrustedError | undefined {
  const isTrustFailure = daemonUrl.startsWith('https:') && untrustedCodes.test(failure.code ?? '')
  return isTrustFailure ? new DaemonUntrustedError(daemonUrl, failure) : undefined
}

/** The authority that came with the initramfs. @returns undefined where there is none */
export function readAuthority(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Options of `node:tls` that trust this authority and no other. An empty list trusts nobody: a machine
 * that was given no authority must not fall back to those of the world. The authority may be one that
 * another has vouched for, when an operator brings certificates of their own.
 */
export function tlsTrust({ authority }: Pick<DaemonAddress, 'authority'>) {
  return {
    ca: authority === undefined ? [] : [authority],
    allowPartialTrustChain: true,
    minVersion: 'TLSv1.2',
  } as const
}

/**
 * Where packs come from: without TLS, because every chunk is proven by the digest in the signed manifest,
 * and ciphers would cost the writer what it has.
 */
export function packUrlOf(daemonUrl: string, packPath: string): URL {
  return new URL(daemonUrl.replace(/^https:/, 'http:') + packPath)
}
