import { dhcpOptionCode as code } from './dhcp-option-code.ts'

/** One option on the wire, at most 255 bytes of value. */
export interface WireOption {
  readonly code: number
  readonly value: Uint8Array
}

/** Which option stands in which part of a message. */
export interface OptionLayout {
  readonly options: readonly WireOption[]
  /** In the `file` field, when it is overloaded. */
  readonly bootFile: readonly WireOption[]
  /** In the `sname` field, when it is overloaded. */
  readonly serverName: readonly WireOption[]
}

/** Room for options in bytes, each without the END that closes it. */
export interface OptionRoom {
  readonly options: number
  /** 0 when the field carries a text. */
  readonly bootFile: number
  readonly serverName: number
}

/** A client cannot boot without these, so they take their room first; then the rest by number. */
const mostNeeded: readonly number[] = [
  code.messageType,
  code.serverIdentifier,
  code.leaseTime,
  code.relayAgentInformation,
  code.subnetMask,
  code.router,
  code.vendorClass,
  code.bootFileName,
  code.tftpServerName,
  code.vendorSpecific,
  code.clientMachineIdentifier,
  code.ipxe,
  code.domainNameServers,
]

/** What must stand in the options themselves: a parser looks for 53 first, RFC 3046 §2.1 has 82 last there. */
const neverOverloaded: readonly number[] = [
  code.messageType,
  code.serverIdentifier,
  code.leaseTime,
  code.relayAgentInformation,
]

/** Options whose definition says that clients join their fragments: RFC 3397 §2, RFC 3442. */
const joinedByClients: readonly number[] = [code.domainSearch, code.classlessRoutes]

const mostValueBytes = 255
const overloadBytes = 3

/**
 * Options in the order of the wire: the type first, then 54 and 51, then by number, 82 last. What the
 * options have no room for goes into `file`, then `sname` (RFC 2131 §4.1), and is left out when there is
 * no room either, the least needed first. Longer values than 255 bytes are cut into fragments
 * (RFC 3396) where every client joins them, and left out elsewhere.
 */
export function fitOptions(options: WireOption[], room: OptionRoom): OptionLayout {
  const isSent = ({ code: optionCode, value }: WireOption) =>
    value.length <= mostValueBytes || joinedByClients.includes(optionCode)
  const all = options.every(isSent) ? options : options.filter(isSent)
  let sizeBytes = 0
  for (const { value } of all) sizeBytes += wireBytes(value)
  if (sizeBytes <= room.options) return { options: fragments(all), bootFile: [], serverName: [] }
  return overloaded(all, room)
}

function overloaded(all: WireOption[], room: OptionRoom): OptionLayout {
  const isOverloading = room.bootFile + room.serverName > 0
  const left = { ...room, options: room.options - (isOverloading ? overloadBytes : 0) }
  const layout = { options: [], bootFile: [], serverName: [] } as Record<
    keyof OptionRoom,
    WireOption[]
  >
  for (const option of all.toSorted((one, other) => need(one.code) - need(other.code))) {
    const areas = neverOverloaded.includes(option.code)
      ? (['options'] as const)
      : (['options', 'bootFile', 'serverName'] as const)
    const sizeBytes = wireBytes(option.value)
    const area = areas.find((name) => sizeBytes <= left[name])
    if (area === undefined) continue
    left[area] -= sizeBytes
    layout[area].push(option)
  }
  const areas = (layout.bootFile.length > 0 ? 1 : 0) + (layout.serverName.length > 0 ? 2 : 0)
  if (areas > 0) layout.options.push({ code: code.overload, value: Uint8Array.of(areas) })
  return {
    options: fragments(layout.options),
    bootFile: fragments(layout.bootFile),
    serverName: fragments(layout.serverName),
  }
}

/** With a code and a length before each 255 bytes. */
function wireBytes(value: Uint8Array): number {
  const { length } = value
  return length + 2 * (length <= mostValueBytes ? 1 : Math.ceil(length / mostValueBytes))
}

function fragments(whole: WireOption[]): WireOption[] {
  whole.sort((one, other) => place(one.code) - place(other.code))
  if (whole.every(({ value }) => value.length <= mostValueBytes)) return whole
  return whole.flatMap(({ code: optionCode, value }) =>
    Array.from(
      { length: Math.max(1, Math.ceil(value.length / mostValueBytes)) },
      (_none, index) => ({
        code: optionCode,
        value: value.subarray(index * mostValueBytes, (index + 1) * mostValueBytes),
      }),
    ),
  )
}

function need(optionCode: number): number {
  const rank = mostNeeded.indexOf(optionCode)
  return rank === -1 ? mostNeeded.length + optionCode : rank
}

function place(optionCode: number): number {
  switch (optionCode) {
    case code.messageType:
      return -4
    case code.serverIdentifier:
      return -3
    case code.leaseTime:
      return -2
    case code.overload:
      return -1
    case code.relayAgentInformation:
      return 256
    default:
      return optionCode
  }
}
