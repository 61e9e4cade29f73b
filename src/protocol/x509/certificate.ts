import { asciiBytes } from '../../base/ascii.ts'
import { readIpv4Address, ipv4ToNumber } from '../../base/ipv4-address.ts'
import {
  derBits,
  derInteger,
  derObjectId,
  derOctets,
  derSequence,
  derSet,
  derTime,
  derTrue,
  derUtf8,
  derValue,
} from './der.ts'

/** What a certificate says (RFC 5280), without the signature below it. */
export interface CertificateFacts {
  /** 1 to 20 random bytes. */
  readonly serial: Uint8Array
  /** Common names, ASCII. */
  readonly issuer: string
  readonly subject: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Uint8Array
  /** sha1 of the public key (§4.2.1.2 (1)), and of the issuer's. */
  readonly keyId: Uint8Array
  readonly issuerKeyId: Uint8Array
  /** `authority` signs others; `server` goes by host names and IPv4 addresses. */
  readonly use: 'authority' | { readonly serverNames: readonly string[] }
}

const objectIds = {
  commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
} as const

const algorithm = derSequence(derObjectId(objectIds.ecdsaWithSha256))

/** The bytes that the issuer signs with ECDSA and SHA-256 (§4.1, TBSCertificate). */
export function encodeCertificateBody(facts: CertificateFacts): Uint8Array {
  return derSequence(
    // Version 3.
    derValue(0xa0, derInteger(Uint8Array.of(2))),
    derInteger(facts.serial),
    algorithm,
    name(facts.issuer),
    derSequence(derTime(facts.notBeforeMs), derTime(facts.notAfterMs)),
    name(facts.subject),
    facts.publicKey,
    derValue(0xa3, derSequence(...extensions(facts))),
  )
}

/** The certificate: the body, and the signature over it in DER. */
export function encodeCertificate(body: Uint8Array, signature: Uint8Array): Uint8Array {
  return derSequence(body, algorithm, derBits(signature))
}

function name(commonName: string): Uint8Array {
  return derSequence(derSet(derSequence(derObjectId(objectIds.commonName), derUtf8(commonName))))
}

function extensions({ use, keyId, issuerKeyId }: CertificateFacts): readonly Uint8Array[] {
  const keyIds = [
    extension(objectIds.subjectKeyId, derOctets(keyId)),
    extension(objectIds.authorityKeyId, derSequence(derValue(0x80, issuerKeyId))),
  ]
  if (use === 'authority') {
    return [
      critical(objectIds.basicConstraints, derSequence(derTrue)),
      // keyCertSign and cRLSign: the sixth and seventh bit.
      critical(objectIds.keyUsage, derBits(Uint8Array.of(0b0000_0110), 1)),
      ...keyIds,
    ]
  }
  return [
    critical(objectIds.basicConstraints, derSequence()),
    critical(objectIds.keyUsage, derBits(Uint8Array.of(0b1000_0000), 7)),
    extension(objectIds.extendedKeyUsage, derSequence(derObjectId(objectIds.serverAuthentication))),
    extension(objectIds.subjectAltName, derSequence(...use.serverNames.map(alternativeName))),
    ...keyIds,
  ]
}

function extension(objectId: string, value: Uint8Array): Uint8Array {
  return derSequence(derObjectId(objectId), derOctets(value))
}

function critical(objectId: string, value: Uint8Array): Uint8Array {
  return derSequence(derObjectId(objectId), derTrue, derOctets(value))
}

/** `dNSName` or `iPAddress` (§4.2.1.6). */
function alternativeName(text: string): Uint8Array {
  const address = readIpv4Address(text)
  if (address === undefined) return derValue(0x82, asciiBytes(text))
  const number = ipv4ToNumber(address)
  return derValue(
    0x87,
    Uint8Array.of(number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff),
  )
}
