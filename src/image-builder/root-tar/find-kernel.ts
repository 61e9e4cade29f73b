import { readdir } from 'node:fs/promises'

import { RootNotBootableError } from '../errors.ts'
import type { KernelPaths } from '../root/finish-root.ts'
import { pathInRoot } from '../root/path-in-root.ts'

/** How distributions name the initramfs of a kernel version. */
const initramfsNames: readonly ((version: string) => string)[] = [
  (version) => `initrd.img-${version}`,
  (version) => `initramfs-${version}.img`,
  (version) => `initrd-${version}`,
]

/**
 * The newest kernel in `/boot` of a root file system that has an initramfs beside it.
 *
 * @throws {RootNotBootableError} when there is none
 */
export async function findKernel(rootDirectory: string): Promise<KernelPaths> {
  const names: readonly string[] = await readdir(await pathInRoot(rootDirectory, '/boot/.')).catch(
    () => [],
  )
  const versions = names
    .flatMap((name) => /^vmlinuz-(.+)$/.exec(name)?.[1] ?? [])
    .filter((version) => isPlain(version))
    .toSorted((one, other) => other.localeCompare(one, 'en', { numeric: true }))
  for (const version of versions) {
    const initramfs = initramfsNames
      .map((nameOf) => nameOf(version))
      .find((one) => names.includes(one))
    if (initramfs !== undefined) {
      return { kernel: `/boot/vmlinuz-${version}`, initramfs: `/boot/${initramfs}` }
    }
  }
  throw new RootNotBootableError(
    versions.length === 0 ? 'no kernel is in /boot' : 'no initramfs is in /boot beside its kernel',
  )
}

/** Nothing that GRUB's language would take for anything but a name. */
function isPlain(version: string): boolean {
  return /^[\w.+~-]+$/.test(version)
}
