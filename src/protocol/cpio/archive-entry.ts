interface NamedEntry {
  /** Relative to the root, segments joined by `/`, ASCII: `usr/bin/node`. */
  readonly path: string
  /** Permission bits; 0755 for folders and 0644 for the rest by default. */
  readonly mode?: number
}

export interface DirectoryEntry extends NamedEntry {
  readonly type: 'directory'
}

export interface FileEntry extends NamedEntry {
  readonly type: 'file'
  readonly bytes: Uint8Array
}

export interface SymlinkEntry extends NamedEntry {
  readonly type: 'symlink'
  readonly target: string
}

export interface DeviceEntry extends NamedEntry {
  readonly type: 'character-device' | 'block-device'
  readonly major: number
  readonly minor: number
}

/** One member of an archive. All belong to root, and none carries a time. */
export type ArchiveEntry = DirectoryEntry | FileEntry | SymlinkEntry | DeviceEntry
