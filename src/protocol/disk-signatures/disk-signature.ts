import { inertText, latin1Text } from '../../base/ascii.ts'
import { toHex } from '../../base/hex.ts'

/** Something that was written on a device so that others recognise it: a filesystem, a member of a set. */
export interface DiskSignature {
  /** As `blkid` calls it: `ext4`, `LVM2_member`, `zfs_member`, `swap`. */
  readonly kind: string
  readonly label?: string
  readonly uuid?: string
  /** The array, group or pool that it is a part of, where it is one of several devices. */
  readonly set?: { readonly id: string; readonly name?: string; readonly members: number }
  /** Set where other machines may use the same device, with the reason. */
  readonly sharedBy?: string
}

/** Text up to the first NUL, inert, without spaces around; undefined when nothing is left. */
export function labelOf(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0)
  const text = latin1Text(end === -1 ? bytes : bytes.subarray(0, end))
  return inertText(text.trim(), 128) || undefined
}

/** 16 bytes in the order they lie in; undefined when all are zero. */
export function uuidOf(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 16 || bytes.every((byte) => byte === 0)) return undefined
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Leaves out what is undefined. */
export function signature(
  kind: string,
  facts: { [Key in keyof DiskSignature]?: DiskSignature[Key] | undefined } = {},
): DiskSignature {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  return { kind, ...(Object.fromEntries(known) as Partial<DiskSignature>) }
}
