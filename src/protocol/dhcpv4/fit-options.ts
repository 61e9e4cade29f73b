import { dhcpOptionCode as code } from './dhcp-option-code.ts'

/** One option on the wire. */
export interface WireOption {
  readonly code: number
  readonly value: Uint8Array
}

/** A client cannot boot without these, so they take their room first; then the rest by number. */
const mostNeeded: readonly number[] = [
  code.messageType,
  code.serverIdentifier,
  code.leaseTime,
  code.subnetMask,
  code.router,
  code.vendorClass,
  code.bootFileName,
  code.tftpServerName,
  code.vendorSpecific,
  code.relayAgentInformation,
  code.clientMachineIdentifier,
  code.ipxe,
  code.domainNameServers,
]

/** Where an option stands on the wire: the type first, RFC 3046 §2.1 has 82 last. */
const foremost: readonly number[] = [code.messageType, code.serverIdentifier, code.leaseTime]

/**
 * Options in the order of the wire, without those that `roomBytes` cannot hold; the least needed are
 * left out first. Longer values than 255 bytes are left out: few clients join fragments.
 */
export function fitOptions(
  options: Iterable<readonly [number, Uint8Array]>,
  roomBytes: number,
): WireOption[] {
  const all = Array.from(options, ([code, value]) => ({ code, value }))
  all.sort((one, other) => need(one.code) - need(other.code))
  let leftBytes = roomBytes
  const fitting = all.filter(({ value }) => {
    const sizeBytes = value.length + 2
    if (value.length > 255 || sizeBytes > leftBytes) return false
    leftBytes -= sizeBytes
    return true
  })
  return fitting.sort((one, other) => place(one.code) - place(other.code))
}

function need(optionCode: number): number {
  const rank = mostNeeded.indexOf(optionCode)
  return rank === -1 ? mostNeeded.length + optionCode : rank
}

function place(optionCode: number): number {
  const rank = foremost.indexOf(optionCode)
  if (rank !== -1) return rank - foremost.length
  return optionCode === code.relayAgentInformation ? 256 : optionCode
}
