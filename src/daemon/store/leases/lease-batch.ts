import { crc32 } from 'node:zlib'

import { ipv4FromNumber, ipv4ToNumber, type Ipv4Address } from '../../../base/ipv4-address.ts'
import { type MacAddress, macAddressFromBytes } from '../../../base/mac-address.ts'
import type { Lease } from '../../domain/lease/lease-store.ts'

/** What happened to one address: it has this lease from now on, or none. */
export type LeaseChange = Lease | { readonly address: Ipv4Address; readonly state: 'deleted' }

/** What a log holds, and where what can be trusted ends. */
export interface LogReading {
  readonly leases: Map<Ipv4Address, Lease>
  /** Behind it lies at most a batch that nobody was told of. */
  readonly soundBytes: number
  /** A whole batch lies behind a broken one: not a torn end, but damage. */
  readonly isDamaged: boolean
}

const mark = 0x5250_4c31
const headBytes = 12
const recordBytes = 20
const states = ['bound', 'declined', 'deleted'] as const

/**
 * One write to the log, all of it or nothing.
 *
 * ```
 *  0  'RPL1'  count 4  CRC-32 of the records 4
 * 12  records of 20: state 1, zero 1, MAC 6, IPv4 4, expiry in ms since 1970 8 (float)
 * ```
 */
export function encodeLeaseBatch(changes: readonly LeaseChange[]): Uint8Array {
  const bytes = new Uint8Array(headBytes + changes.length * recordBytes)
  const view = new DataView(bytes.buffer)
  let offset = headBytes
  for (const change of changes) {
    bytes[offset] = states.indexOf(change.state)
    view.setUint32(offset + 8, ipv4ToNumber(change.address))
    if (change.state !== 'deleted') {
      writeMacAddress(bytes, offset + 2, change.macAddress)
      view.setFloat64(offset + 12, change.expiresAtMs)
    }
    offset += recordBytes
  }
  view.setUint32(0, mark)
  view.setUint32(4, changes.length)
  view.setUint32(8, crc32(bytes.subarray(headBytes)))
  return bytes
}

/** Reads batch after batch, later ones over earlier. Any bytes will do. */
export function readLeaseLog(bytes: Uint8Array): LogReading {
  const leases = new Map<Ipv4Address, Lease>()
  let offset = 0
  for (;;) {
    const size = batchBytes(bytes, offset)
    if (size === undefined) break
    readRecords(bytes.subarray(offset + headBytes, offset + size), leases)
    offset += size
  }
  return { leases, soundBytes: offset, isDamaged: hasBatchBehind(bytes, offset) }
}

/** Size of the batch at `offset`; undefined when no whole one is there. */
function batchBytes(bytes: Uint8Array, offset: number): number | undefined {
  if (offset + headBytes > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset)
  const size = headBytes + view.getUint32(4) * recordBytes
  if (view.getUint32(0) !== mark || size === headBytes || offset + size > bytes.length) {
    return undefined
  }
  const records = bytes.subarray(offset + headBytes, offset + size)
  return crc32(records) === view.getUint32(8) ? size : undefined
}

/** Batches are written one after the other, each when the one before is on disk. */
function hasBatchBehind(bytes: Uint8Array, start: number): boolean {
  for (let offset = start + 4; offset + headBytes <= bytes.length; offset += 4) {
    if (bytes[offset] === mark >>> 24 && batchBytes(bytes, offset) !== undefined) return true
  }
  return false
}

function readRecords(records: Uint8Array, leases: Map<Ipv4Address, Lease>): void {
  const view = new DataView(records.buffer, records.byteOffset)
  for (let offset = 0; offset < records.length; offset += recordBytes) {
    const state = states[records[offset] ?? 0] ?? 'deleted'
    const address = ipv4FromNumber(view.getUint32(offset + 8))
    leases.delete(address)
    if (state === 'deleted') continue
    const macAddress = macAddressFromBytes(records.subarray(offset + 2, offset + 8))
    leases.set(address, { address, macAddress, state, expiresAtMs: view.getFloat64(offset + 12) })
  }
}

/** Of the one spelling `52:54:00:aa:bb:01`. */
function writeMacAddress(bytes: Uint8Array, offset: number, macAddress: MacAddress): void {
  for (let index = 0; index < 6; index++) {
    const high = digitAt(macAddress, index * 3)
    bytes[offset + index] = high * 16 + digitAt(macAddress, index * 3 + 1)
  }
}

function digitAt(text: string, index: number): number {
  const character = text.charCodeAt(index)
  return character < 58 ? character - 48 : character - 87
}
