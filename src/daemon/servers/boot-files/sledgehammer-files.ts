import { join } from 'node:path'

import type { BootFileRoute } from './boot-file.ts'
import { openDiskBootFile } from './disk-boot-file.ts'

/** Files of the in-RAM Linux, by the path under which machines ask for them. */
export const sledgehammerPaths = {
  kernel: 'sledgehammer/vmlinuz',
  initramfs: 'sledgehammer/initramfs.zst',
} as const

const fileNames = new Map<string, string>([
  [sledgehammerPaths.kernel, 'vmlinuz'],
  [sledgehammerPaths.initramfs, 'initramfs.zst'],
])

/** Serves kernel and initramfs from the directory where they were built, whatever lies there at the time. */
export function sledgehammerFiles(directory: string): BootFileRoute {
  return async ({ path }) => {
    const fileName = fileNames.get(path)
    if (fileName === undefined) return undefined
    return openDiskBootFile(join(directory, fileName), { contentType: 'application/octet-stream' })
  }
}
