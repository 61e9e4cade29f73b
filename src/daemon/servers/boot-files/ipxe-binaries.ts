import { join } from 'node:path'

import { type BootProgramFiles, readBootPrograms } from './read-boot-program.ts'

/**
 * `undionly.kpxe` for BIOS and `snponly.efi` for UEFI through the card's own driver, `ipxe.pxe` and
 * `ipxe.efi` with iPXE's drivers.
 */
const fileNames = ['undionly.kpxe', 'ipxe.pxe', 'snponly.efi', 'ipxe.efi'] as const

/**
 * iPXE's network boot programs (about 2 MB), served as `ipxe/NAME`. `directory` is where Debian's
 * package `ipxe` puts them.
 *
 * @throws {BootFileMissingError} when one of them cannot be read
 */
export async function loadIpxeBinaries(directory = '/usr/lib/ipxe'): Promise<BootProgramFiles> {
  const paths = fileNames.map((name) => [`ipxe/${name}`, join(directory, name)] as const)
  const remedy = "Install Debian's package ipxe: apt install ipxe"
  return readBootPrograms(Object.fromEntries(paths), remedy)
}
