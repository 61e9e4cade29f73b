import type { TftpOptions } from './tftp-packet.ts'

/** How one transfer is sent. */
export interface TftpSettings {
  /** Bytes in each block but the last; 512 unless negotiated. */
  readonly blockBytes: number
  /** Blocks sent before an acknowledgement is awaited; 1 unless negotiated. */
  readonly windowBlocks: number
  /** First wait before a retransmission. */
  readonly timeoutMs: number
}

export interface TftpNegotiation {
  readonly settings: TftpSettings
  /** What the OACK carries, in the order asked; empty means that no OACK is sent. */
  readonly accepted: TftpOptions
}

export interface TftpNegotiationLimits {
  readonly fileBytes: number
  /** Largest IPv4 packet that the link carries whole. */
  readonly mtuBytes: number
}

/** IPv4 without options (20), UDP (8) and TFTP (4) headers. */
const headerBytes = 32
const largestWindowBlocks = 32
const largestBytesInFlight = 48 * 1024
const defaultSettings: TftpSettings = { blockBytes: 512, windowBlocks: 1, timeoutMs: 1000 }

/**
 * Settles the options of a read request. Only what was asked for is answered (RFC 2347), a number is
 * only ever lowered, and a value outside its RFC's range is as if it had not been asked for:
 * `blksize` 8 to 65464 (RFC 2348), `timeout` 1 to 255 and `tsize` (RFC 2349), `windowsize` 1 to
 * 65535 (RFC 7440).
 */
export function negotiateTftpOptions(
  requested: TftpOptions,
  limits: TftpNegotiationLimits,
): TftpNegotiation {
  const blockBytes = negotiateBlockBytes(requested, limits.mtuBytes)
  const inFlightBytes = blockBytes ?? defaultSettings.blockBytes
  const windowBlocks = negotiateWindowBlocks(requested, inFlightBytes)
  const timeoutSeconds = readWithin(requested.get('timeout'), 1, 255)
  const answers: Readonly<Record<string, number | undefined>> = {
    blksize: blockBytes,
    windowsize: windowBlocks,
    timeout: timeoutSeconds,
    tsize: /^\d{1,16}$/.test(requested.get('tsize') ?? '') ? limits.fileBytes : undefined,
  }
  return {
    settings: {
      blockBytes: inFlightBytes,
      windowBlocks: windowBlocks ?? defaultSettings.windowBlocks,
      timeoutMs: timeoutSeconds === undefined ? defaultSettings.timeoutMs : timeoutSeconds * 1000,
    },
    accepted: answersInOrder(requested, answers),
  }
}

function negotiateBlockBytes(requested: TftpOptions, mtuBytes: number): number | undefined {
  const blockBytes = readWithin(requested.get('blksize'), 8, 65_464)
  if (blockBytes === undefined) return undefined
  return Math.min(blockBytes, Math.max(8, mtuBytes - headerBytes))
}

function negotiateWindowBlocks(requested: TftpOptions, blockBytes: number): number | undefined {
  const windowBlocks = readWithin(requested.get('windowsize'), 1, 65_535)
  if (windowBlocks === undefined) return undefined
  const affordable = Math.max(1, Math.floor(largestBytesInFlight / blockBytes))
  return Math.min(windowBlocks, largestWindowBlocks, affordable)
}

function answersInOrder(
  requested: TftpOptions,
  answers: Readonly<Record<string, number | undefined>>,
): TftpOptions {
  const accepted = new Map<string, string>()
  for (const name of requested.keys()) {
    const answer = Object.hasOwn(answers, name) ? answers[name] : undefined
    if (answer !== undefined) accepted.set(name, String(answer))
  }
  return accepted
}

/** Plain decimal digits within a range; signs, exponents, hexadecimal and blanks are refused. */
function readWithin(
  text: string | undefined,
  smallest: number,
  largest: number,
): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined
  const value = Number(text)
  return value >= smallest && value <= largest ? value : undefined
}
