import { dhcpOptionCode } from './dhcp-option-code.ts'

/** Everything that one message may carry in options, far beyond what a network card sends in one frame. */
const mostOptionBytes = 4096

export type OptionsDecoding =
  | { readonly ok: true; readonly options: Map<number, Uint8Array> }
  | { readonly ok: false; readonly reason: string }

interface Fragments {
  readonly byCode: Map<number, Uint8Array[]>
  sizeBytes: number
}

const overload = { bootFile: 1, serverName: 2 } as const

/**
 * Reads the options of a message: the option area, then `file`, then `sname` where option 52 says so
 * (RFC 2131 §4.1). Option 52 counts in the option area alone, so nothing is read twice. Fragments of
 * one option are joined (RFC 3396); an option without any byte counts as absent; an area may lack its
 * END, and PAD may stand anywhere.
 */
export function decodeOptions(areas: {
  readonly options: Uint8Array
  readonly bootFile: Uint8Array
  readonly serverName: Uint8Array
}): OptionsDecoding & { readonly overloaded: number } {
  const fragments: Fragments = { byCode: new Map(), sizeBytes: 0 }
  let reason = collectFragments(areas.options, fragments)
  const overloaded = overloadOf(fragments)
  if (reason === undefined && (overloaded & overload.bootFile) !== 0) {
    reason = collectFragments(areas.bootFile, fragments)
  }
  if (reason === undefined && (overloaded & overload.serverName) !== 0) {
    reason = collectFragments(areas.serverName, fragments)
  }
  if (reason !== undefined) return { ok: false, reason, overloaded }
  return { ok: true, options: joinFragments(fragments), overloaded }
}

/** 0 to 3; anything else on the wire means nothing, RFC 2132 §9.3. */
function overloadOf({ byCode }: Fragments): number {
  const [value, ...others] = byCode.get(dhcpOptionCode.overload) ?? []
  const areas = others.length === 0 && value?.length === 1 ? (value[0] ?? 0) : 0
  return areas <= 3 ? areas : 0
}

/** Why the area cannot be read, or undefined. */
function collectFragments(area: Uint8Array, fragments: Fragments): string | undefined {
  let offset = 0
  while (offset < area.length) {
    const code = area[offset++] ?? dhcpOptionCode.end
    if (code === dhcpOptionCode.end) return undefined
    if (code === dhcpOptionCode.pad) continue
    const length = area[offset++]
    if (length === undefined) return `option ${code} has no length`
    if (offset + length > area.length) return `option ${code} is longer than its area`
    fragments.sizeBytes += length
    if (fragments.sizeBytes > mostOptionBytes)
      return `more than ${mostOptionBytes} bytes of options`
    if (length > 0) addFragment(fragments, code, area.subarray(offset, offset + length))
    offset += length
  }
  return undefined
}

function addFragment({ byCode }: Fragments, code: number, part: Uint8Array): void {
  const known = byCode.get(code)
  if (known === undefined) byCode.set(code, [part])
  else known.push(part)
}

function joinFragments({ byCode }: Fragments): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>()
  for (const [code, parts] of byCode) {
    const [first] = parts
    if (code === dhcpOptionCode.overload || first === undefined) continue
    options.set(code, parts.length === 1 ? first : joinBytes(parts))
  }
  return options
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    joined.set(part, offset)
    offset += part.length
  }
  return joined
}
