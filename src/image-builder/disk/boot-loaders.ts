import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { runTool } from '../run-tool.ts'
import type { DiskLayout } from './disk-layout.ts'
import { linkBiosBoot } from './grub-bios.ts'

const grubLibrary = '/usr/lib/grub'
/** As Microsoft and Debian signed them: with Secure Boot, firmware starts nothing else. */
const signedShim = '/usr/lib/shim/shimx64.efi.signed'
const signedGrub = `${grubLibrary}/x86_64-efi-signed/grubx64.efi.signed`
/** Built into Debian's GRUB; on the partition that it was loaded from. */
const signedGrubFolder = '/EFI/debian'

/** Where GRUB looks for its configuration: on the disk it was loaded from, whatever other disks hold. */
export interface GrubPlace {
  /** From 1. */
  readonly partitionNumber: number
  /** `/boot/grub` */
  readonly folder: string
  readonly fileSystem: 'ext2' | 'fat'
}

export interface EfiSystemOptions {
  readonly layout: DiskLayout
  readonly grub: GrubPlace
  /** File to put beside the loader by its name in the root of the partition, such as `/vmlinuz`. */
  readonly files: Readonly<Record<string, string>>
  /** Eight hex digits. */
  readonly serialNumber: string
  readonly workDirectory: string
  readonly sourceDateEpoch: number
}

/**
 * A FAT file system with the one file that firmware looks for on a disk (UEFI 2.10 §3.5.1.1): shim, which
 * starts the GRUB beside it.
 *
 * @returns the file that holds it, as large as its partition
 * @throws {ImageBuildStepError} when a tool fails, such as for lack of room
 */
export async function makeEfiSystem(options: EfiSystemOptions): Promise<string> {
  const { layout, files, workDirectory } = options
  const config = join(workDirectory, 'signed-grub.cfg')
  const image = join(workDirectory, 'efi-system.img')
  await writeFile(config, signedGrubConfig(options.grub))
  await writeFile(image, '')
  await truncate(image, layout.efiSystem.sizeBytes)
  const env = { SOURCE_DATE_EPOCH: String(options.sourceDateEpoch), MTOOLS_SKIP_CHECK: '1' }
  const sectors = String(layout.efiSystem.sizeBytes / 512)
  const shape = ['-T', sectors, '-h', '64', '-s', '32', '-N', options.serialNumber, '-v', 'EFI']
  await runTool('mformat', ['-i', image, ...shape, '::'], { env })
  const folders = ['/EFI', '/EFI/BOOT', signedGrubFolder, '/grub'].map((name) => `::${name}`)
  await runTool('mmd', ['-i', image, ...folders], { env })
  const all = {
    '/EFI/BOOT/BOOTX64.EFI': signedShim,
    '/EFI/BOOT/grubx64.efi': signedGrub,
    [`${signedGrubFolder}/grub.cfg`]: config,
    ...files,
  }
  for (const [name, file] of Object.entries(all)) {
    await runTool('mcopy', ['-i', image, file, `::${name}`], { env })
  }
  return image
}

/** Leads a GRUB whose folder is built in to the real one, on the disk that it was loaded from. */
function signedGrubConfig({ partitionNumber, folder }: GrubPlace): string {
  return [
    `regexp --set=1:disk '^([^,]+)' "\${root}"`,
    `set root="\${disk},gpt${partitionNumber}"`,
    `configfile ${folder}/grub.cfg`,
    '',
  ].join('\n')
}

/** GRUB for a BIOS: the code of sector 0, and what the BIOS boot partition holds. */
export async function makeBiosBoot(layout: DiskLayout, grub: GrubPlace, workDirectory: string) {
  const core = join(workDirectory, 'core.img')
  await makeGrub(core, grub)
  const { biosBoot, table } = layout
  return linkBiosBoot({
    bootImage: await readFile(join(grubLibrary, 'i386-pc', 'boot.img')),
    coreImage: await readFile(core),
    coreLba: biosBoot.offsetBytes / table.sectorBytes,
    partitionBytes: biosBoot.sizeBytes,
  })
}

async function makeGrub(
  output: string,
  { partitionNumber, folder, fileSystem }: GrubPlace,
): Promise<void> {
  const prefix = `(,gpt${partitionNumber})${folder}`
  const format = 'i386-pc'
  const args = ['-O', format, '-d', join(grubLibrary, format), '-p', prefix, '-o', output]
  const modules = ['biosdisk', 'part_gpt', fileSystem, 'normal', 'linux']
  await runTool('grub-mkimage', [...args, ...modules])
}
