import { ByteReader } from '../../base/byte-reader.ts'

/** `LOAD_OPTION_ACTIVE`: the boot manager may use it (UEFI 2.10 §3.1.3). */
const loadOptionActive = 1

/** What a `Boot####` variable holds, as far as we use it. */
export interface EfiLoadOption {
  readonly description: string
  /** A packed device path, end node included. */
  readonly devicePath: Uint8Array
}

/**
 * ```
 * 4 attributes | 2 device path length | description, UTF-16LE, NUL | device path
 * ```
 * All integers little-endian (UEFI 2.10 §3.1.3).
 */
export function encodeLoadOption(option: EfiLoadOption): Uint8Array {
  const description = utf16Bytes(option.description)
  const bytes = new Uint8Array(6 + description.length + option.devicePath.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, loadOptionActive, true)
  view.setUint16(4, option.devicePath.length, true)
  bytes.set(description, 6)
  bytes.set(option.devicePath, 6 + description.length)
  return bytes
}

/** The description of a load option; undefined when the bytes are none. */
export function readLoadOptionDescription(bytes: Uint8Array): string | undefined {
  return readDescription(new ByteReader(bytes, 6))
}

/** Type and sub-type of one step of a device path (UEFI 2.10 §10.3). */
export interface DevicePathNode {
  readonly type: number
  readonly subType: number
}

/** The steps of the device path of a load option; empty when the bytes are none. */
export function readLoadOptionPath(bytes: Uint8Array): DevicePathNode[] {
  const reader = new ByteReader(bytes, 6)
  if (readDescription(reader) === undefined) return []
  const nodes: DevicePathNode[] = []
  for (;;) {
    const [type = 0, subType = 0, low = 0, high = 0] = reader.bytes(4) ?? []
    const length = low | (high << 8)
    if (type === 0x7f || length < 4 || reader.bytes(length - 4) === undefined) return nodes
    nodes.push({ type, subType })
  }
}

function readDescription(reader: ByteReader): string | undefined {
  let description = ''
  for (;;) {
    const unit = reader.bytes(2)
    if (unit === undefined) return undefined
    const code = (unit[0] ?? 0) | ((unit[1] ?? 0) << 8)
    if (code === 0) return description
    description += String.fromCharCode(code)
  }
}

/** UTF-16LE with a final NUL. */
export function utf16Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length + 1) * 2)
  const view = new DataView(bytes.buffer)
  for (let index = 0; index < text.length; index++) {
    view.setUint16(index * 2, text.charCodeAt(index), true)
  }
  return bytes
}
