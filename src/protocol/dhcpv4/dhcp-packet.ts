import type { Ipv4Address } from '../../base/ipv4-address.ts'
import type { DhcpMessageType } from './dhcp-message-type.ts'

/** Option values by code, fragments joined (RFC 3396); without 52 and 53, which are fields of the packet. */
export type DhcpOptions = ReadonlyMap<number, Uint8Array>

/**
 * A DHCP message on Ethernet (htype 1, hlen 6), RFC 2131 §2. Names in brackets are the RFC's.
 *
 * ```
 *   0  op 1  htype 1  hlen 1  hops 1
 *   4  xid 4
 *   8  secs 2, flags 2
 *  12  ciaddr 4, yiaddr 4, siaddr 4, giaddr 4
 *  28  chaddr 16
 *  44  sname 64
 * 108  file 128
 * 236  magic cookie 63 82 53 63
 * 240  options
 * ```
 */
export interface DhcpPacket {
  /** [op] */
  readonly operation: 'request' | 'reply'
  readonly messageType: DhcpMessageType
  readonly hops: number
  /** [xid] */
  readonly transactionId: number
  /** [secs] Since the client began; iPXE keeps other things in it. */
  readonly seconds: number
  /** All sixteen; {@link broadcastFlag} is the one with a meaning. */
  readonly flags: number
  /** [ciaddr] The address that the client has and uses. */
  readonly clientAddress: Ipv4Address
  /** [yiaddr] The address that the client is given. */
  readonly yourAddress: Ipv4Address
  /** [siaddr] Where the boot file is. */
  readonly nextServerAddress: Ipv4Address
  /** [giaddr] */
  readonly relayAddress: Ipv4Address
  /** [chaddr] All sixteen bytes, so that a reply can carry them back unchanged. */
  readonly hardwareAddress: Uint8Array
  /** [sname] Up to its NUL; empty when it carries options instead. */
  readonly serverName: Uint8Array
  /** [file] Up to its NUL; empty when it carries options instead. */
  readonly bootFile: Uint8Array
  readonly options: DhcpOptions
}

/** The client cannot be reached by unicast before it has its address, RFC 2131 §2. */
export const broadcastFlag = 0x8000

/** Of everything before the options, magic cookie included. */
export const headerBytes = 240

export const magicCookie = 0x63825363

/** Lengths and offsets of the two text fields that may carry options. */
export const textFields = {
  serverName: { offset: 44, sizeBytes: 64 },
  bootFile: { offset: 108, sizeBytes: 128 },
} as const
