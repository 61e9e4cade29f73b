/** Everything is counted in blocks of this size. */
export const tarBlockBytes = 512

export const tarTypes = {
  '0': 'file',
  '\0': 'file',
  // Contiguous files, which nobody makes specially any more.
  '7': 'file',
  '1': 'hard-link',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
} as const

export type TarMemberType = (typeof tarTypes)[keyof typeof tarTypes]

/** One member of an archive as its headers describe it. Names are bytes, one character (Latin-1) each. */
export interface TarMember {
  readonly type: TarMemberType
  readonly path: string
  /** Of links; empty for everything else. */
  readonly linkTarget: string
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number
  readonly userId: number
  readonly groupId: number
  /** Of the content that follows; 0 for everything but files. */
  readonly sizeBytes: number
  /** Seconds since 1970, whole. */
  readonly modifiedSeconds: number
}

export type TarOutcome<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: string }

export const refused = (reason: string) => ({ ok: false, reason }) as const
export const accepted = <Value>(value: Value) => ({ ok: true, value }) as const
