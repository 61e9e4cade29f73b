import { dhcpOptionCode } from './dhcp-option-code.ts'
import { headerBytes, textFields } from './dhcp-packet.ts'

/** Everything that one message may carry in options, far beyond what a network card sends in one frame. */
const mostOptionBytes = 4096

export type OptionsDecoding =
  | { readonly ok: true; readonly options: Map<number, Uint8Array> }
  | { readonly ok: false; readonly reason: string }

interface Collected {
  /** What each code carries first, which for nearly all is all. */
  readonly options: Map<number, Uint8Array>
  /** Fragments behind the first. */
  further: Map<number, Uint8Array[]> | undefined
  sizeBytes: number
}

const overload = { bootFile: 1, serverName: 2 } as const

/**
 * Reads the options of a message that is longer than its header: the option area, then `file`, then
 * `sname` where option 52 says so (RFC 2131 §4.1). Option 52 counts in the option area alone, so nothing
 * is read twice. Fragments of one option are joined (RFC 3396); an option without any byte counts as
 * absent; an area may lack its END, and PAD may stand anywhere. Values are views of the message.
 */
export function decodeOptions(
  message: Uint8Array,
): OptionsDecoding & { readonly overloaded: number } {
  const collected: Collected = { options: new Map(), further: undefined, sizeBytes: 0 }
  let reason = collect(message, headerBytes, message.length, collected)
  const overloaded = overloadOf(collected)
  if (reason === undefined && (overloaded & overload.bootFile) !== 0) {
    reason = collectField(message, textFields.bootFile, collected)
  }
  if (reason === undefined && (overloaded & overload.serverName) !== 0) {
    reason = collectField(message, textFields.serverName, collected)
  }
  if (reason !== undefined) return { ok: false, reason, overloaded }
  return { ok: true, options: joined(collected), overloaded }
}

/** 0 to 3; anything else on the wire means nothing, RFC 2132 §9.3. */
function overloadOf({ options, further }: Collected): number {
  const value = options.get(dhcpOptionCode.overload)
  if (value?.length !== 1 || (further?.has(dhcpOptionCode.overload) ?? false)) return 0
  const areas = value[0] ?? 0
  return areas <= 3 ? areas : 0
}

function collectField(
  message: Uint8Array,
  { offset, sizeBytes }: { readonly offset: number; readonly sizeBytes: number },
  into: Collected,
): string | undefined {
  return collect(message, offset, offset + sizeBytes, into)
}

/** Why the area cannot be read, or undefined. */
function collect(
  message: Uint8Array,
  start: number,
  end: number,
  into: Collected,
): string | undefined {
  let offset = start
  while (offset < end) {
    const code = message[offset++] ?? dhcpOptionCode.end
    if (code === dhcpOptionCode.end) return undefined
    if (code === dhcpOptionCode.pad) continue
    if (offset === end) return `option ${code} has no length`
    const length = message[offset++] ?? 0
    if (offset + length > end) return `option ${code} is longer than its area`
    into.sizeBytes += length
    if (into.sizeBytes > mostOptionBytes) return `more than ${mostOptionBytes} bytes of options`
    if (length > 0) add(into, code, message.subarray(offset, offset + length))
    offset += length
  }
  return undefined
}

function add(into: Collected, code: number, part: Uint8Array): void {
  if (!into.options.has(code)) {
    into.options.set(code, part)
    return
  }
  into.further ??= new Map()
  const known = into.further.get(code)
  if (known === undefined) into.further.set(code, [part])
  else known.push(part)
}

function joined({ options, further }: Collected): Map<number, Uint8Array> {
  options.delete(dhcpOptionCode.overload)
  for (const [code, parts] of further ?? []) {
    const first = options.get(code)
    if (first !== undefined) options.set(code, joinBytes([first, ...parts]))
  }
  return options
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
