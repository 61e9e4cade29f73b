import { latin1Text } from '../../base/ascii.ts'

/** File systems whose free space can be told from what is in use. */
export type FileSystemKind = 'ext4' | 'xfs' | 'ntfs'

/** Bytes of a partition's start that tell its file system. */
export const fileSystemStartBytes = 4096

/** By magic number; ext2 and ext3 count as ext4, whose driver mounts them. */
export function fileSystemKindOf(start: Uint8Array): FileSystemKind | undefined {
  if (start[1080] === 0x53 && start[1081] === 0xef) return 'ext4'
  if (latin1Text(start.subarray(0, 4)) === 'XFSB') return 'xfs'
  if (latin1Text(start.subarray(3, 11)) === 'NTFS    ') return 'ntfs'
  return undefined
}
