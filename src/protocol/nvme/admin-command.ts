/** Of struct nvme_passthru_cmd, linux/nvme_ioctl.h. */
export const adminCommandBytes = 72
/** What Identify answers with. */
export const identifyBytes = 4096

/** An admin command without its data pointer, which belongs to the process. */
export interface AdminCommand {
  readonly opcode: number
  readonly namespaceId: number
  readonly dword10: number
  /** Of what it answers with. Default none. */
  readonly dataBytes?: number
  readonly timeoutMs: number
}

/** Where the address of the data stands in the command: eight bytes. */
export const dataAddressOffset = 24

/**
 *   0        1        2        4          8              24         32 … 36          40       64
 *   ┌────────┬────────┬────────┬──────────┬──────────────┬──────────┬──────┬────────┬────────┬─────────┐
 *   │ opcode │ flags  │ resvd  │ nsid     │ cdw2 … meta  │ addr     │ mlen │ dlen   │ cdw10… │ timeout │
 *   └────────┴────────┴────────┴──────────┴──────────────┴──────────┴──────┴────────┴────────┴─────────┘
 */
export function encodeAdminCommand(command: AdminCommand): Uint8Array {
  const bytes = new Uint8Array(adminCommandBytes)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, command.opcode)
  view.setUint32(4, command.namespaceId, true)
  view.setUint32(36, command.dataBytes ?? 0, true)
  view.setUint32(40, command.dword10, true)
  view.setUint32(64, command.timeoutMs, true)
  return bytes
}

/** NVM Express Base Specification 2.0 §5.17. */
export function identifyCommand(what: 'controller' | 'namespace', namespaceId = 0): AdminCommand {
  const dword10 = what === 'controller' ? 1 : 0
  return { opcode: 0x06, namespaceId, dword10, dataBytes: identifyBytes, timeoutMs: 30_000 }
}

/** What a controller can do about erasing. */
export interface ControllerAbilities {
  readonly canFormat: boolean
  /** Whether a format, or its erasing, goes over every namespace of the controller. */
  readonly formatsAll: boolean
}

/** Figure 275: OACS (bytes 256-257) and FNA (byte 524). */
export function readControllerAbilities(identify: Uint8Array): ControllerAbilities {
  const oacs = new DataView(identify.buffer, identify.byteOffset).getUint16(256, true)
  const fna = identify[524] ?? 0
  return { canFormat: (oacs & 0b10) !== 0, formatsAll: (fna & 0b11) !== 0 }
}

/**
 * Format NVM (§5.14) with erasing of the user data, in the format that the namespace has: block size,
 * metadata and protection stay what they are. FLBAS is byte 26, DPS byte 29 of what Identify answers.
 */
export function eraseCommand(
  namespaceId: number,
  identify: Uint8Array,
  timeoutMs: number,
): AdminCommand {
  const flbas = identify[26] ?? 0
  const dps = identify[29] ?? 0
  const format = flbas & 0b1111
  const metadataInline = (flbas >> 4) & 1
  const protection = dps & 0b111
  const protectionFirst = (dps >> 3) & 1
  const eraseUserData = 1
  const dword10 =
    format |
    (metadataInline << 4) |
    (protection << 5) |
    (protectionFirst << 8) |
    (eraseUserData << 9)
  return { opcode: 0x80, namespaceId, dword10, timeoutMs }
}
