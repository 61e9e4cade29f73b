/** TFTP packets as values: RFC 1350, with the option extension of RFC 2347. */

/** RFC 1350 §5 and RFC 2347. */
export const tftpOpcode = {
  readRequest: 1,
  writeRequest: 2,
  data: 3,
  acknowledgement: 4,
  error: 5,
  optionAcknowledgement: 6,
} as const

/** Opcode and block number, before the bytes of a block. */
export const tftpDataHeaderBytes = 4

/** RFC 1350 appendix and RFC 2347. */
export const tftpErrorCode = {
  notDefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  diskFull: 3,
  illegalOperation: 4,
  unknownTransferId: 5,
  fileExists: 6,
  noSuchUser: 7,
  optionRefused: 8,
} as const

/** Option name in lower case, value as it was sent. */
export type TftpOptions = ReadonlyMap<string, string>

export interface TftpRequest {
  readonly kind: 'read-request' | 'write-request'
  /** One character a byte (Latin-1): hostile bytes as they are. */
  readonly fileName: string
  /** Lower case: `octet`, `netascii`, `mail` or anything else. */
  readonly mode: string
  readonly options: TftpOptions
}

export interface TftpData {
  readonly kind: 'data'
  /** 0 to 65535; it wraps. */
  readonly block: number
  readonly bytes: Uint8Array
}

export interface TftpAcknowledgement {
  readonly kind: 'acknowledgement'
  /** 0 to 65535; it wraps. */
  readonly block: number
}

export interface TftpError {
  readonly kind: 'error'
  /** 0 to 65535, usually one of {@link tftpErrorCode}. */
  readonly errorCode: number
  /** Printable ASCII, whatever was sent. */
  readonly message: string
}

export interface TftpOptionAcknowledgement {
  readonly kind: 'option-acknowledgement'
  readonly options: TftpOptions
}

export type TftpPacket =
  TftpRequest | TftpData | TftpAcknowledgement | TftpError | TftpOptionAcknowledgement
