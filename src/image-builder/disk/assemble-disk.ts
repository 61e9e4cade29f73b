import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { encodeGpt } from '../../protocol/gpt/encode-gpt.ts'
import { type DiskLayout, type Extent, rootPartitionNumber } from './disk-layout.ts'
import { linkBiosBoot } from './grub-bios.ts'
import { runTool } from '../run-tool.ts'

export interface AssembleOptions {
  readonly layout: DiskLayout
  readonly rootDirectory: string
  /** GUID of the root's file system. */
  readonly fileSystemGuid: string
  readonly workDirectory: string
  readonly sourceDateEpoch: number
  /** Made sparse; whatever it held is gone. */
  readonly outputFile: string
}

/** GRUB finds its folder on the disk it was loaded from, whatever other disks hold. */
const grubPrefix = `(,gpt${rootPartitionNumber})/boot/grub`
const grubModules = ['part_gpt', 'ext2', 'normal', 'linux']
const grubLibrary = '/usr/lib/grub'

/**
 * Writes a disk that boots from BIOS and from UEFI. Nothing is mounted and no loop device is used.
 *
 * @throws {ImageBuildStepError} when a tool fails, such as for lack of room in the image
 */
export async function assembleDisk(options: AssembleOptions): Promise<void> {
  const { layout, outputFile } = options
  await rm(outputFile, { force: true })
  await writeFile(outputFile, '')
  await truncate(outputFile, layout.table.sectorCount * layout.table.sectorBytes)
  await writeRootFileSystem(options)
  const efiSystem = await makeEfiSystem(options)
  const bios = await makeBiosBoot(options)
  const masterBootRecord = protectiveRecord(bios.bootCode)
  const table = encodeGpt({ ...layout.table, masterBootRecord })
  await using file = await open(outputFile, 'r+')
  await file.write(efiSystem, 0, efiSystem.length, layout.efiSystem.offsetBytes)
  await file.write(bios.core, 0, bios.core.length, layout.biosBoot.offsetBytes)
  await file.write(table.primary, 0, table.primary.length, 0)
  await file.write(table.backup, 0, table.backup.length, table.backupOffsetBytes)
  await file.sync()
}

async function writeRootFileSystem(options: AssembleOptions): Promise<void> {
  const { layout, outputFile, rootDirectory, fileSystemGuid } = options
  const { offsetBytes, sizeBytes } = layout.root
  // GRUB 2.06 reads neither of these two features.
  const features = '^orphan_file,^metadata_csum_seed'
  const extended = [
    `offset=${offsetBytes}`,
    `hash_seed=${fileSystemGuid}`,
    // Every byte not written is zero, on the machine too: nothing to clear at the first mount.
    'assume_storage_prezeroed=1',
    'nodiscard',
  ]
  await runTool(
    'mke2fs',
    [
      ...['-q', '-F', '-t', 'ext4', '-b', '4096', '-m', '1', '-J', 'size=16'],
      ...['-O', features, '-E', extended.join(','), '-U', fileSystemGuid, '-L', 'root'],
      ...['-d', rootDirectory, outputFile, String(sizeBytes / 4096)],
    ],
    { env: { E2FSPROGS_FAKE_TIME: String(options.sourceDateEpoch), MKE2FS_SYNC: '0' } },
  )
}

/** A FAT16 file system with the one file that firmware looks for on a disk (UEFI 2.10 §3.5.1.1). */
async function makeEfiSystem(options: AssembleOptions): Promise<Uint8Array> {
  const program = join(options.workDirectory, 'bootx64.efi')
  const image = join(options.workDirectory, 'efi-system.img')
  await makeGrub('x86_64-efi', program, grubModules)
  await writeFile(image, '')
  await truncate(image, options.layout.efiSystem.sizeBytes)
  const env = { SOURCE_DATE_EPOCH: String(options.sourceDateEpoch), MTOOLS_SKIP_CHECK: '1' }
  const sectors = String(options.layout.efiSystem.sizeBytes / 512)
  const serial = options.fileSystemGuid.slice(0, 8)
  const shape = ['-T', sectors, '-h', '64', '-s', '32', '-N', serial, '-v', 'EFI']
  await runTool('mformat', ['-i', image, ...shape, '::'], { env })
  await runTool('mmd', ['-i', image, '::/EFI', '::/EFI/BOOT'], { env })
  await runTool('mcopy', ['-i', image, program, '::/EFI/BOOT/BOOTX64.EFI'], { env })
  return readFile(image)
}

async function makeBiosBoot(options: AssembleOptions) {
  const core = join(options.workDirectory, 'core.img')
  await makeGrub('i386-pc', core, ['biosdisk', ...grubModules])
  const { biosBoot, table } = options.layout
  return linkBiosBoot({
    bootImage: await readFile(join(grubLibrary, 'i386-pc', 'boot.img')),
    coreImage: await readFile(core),
    coreLba: firstSector(biosBoot, table.sectorBytes),
    partitionBytes: biosBoot.sizeBytes,
  })
}

async function makeGrub(
  format: 'i386-pc' | 'x86_64-efi',
  output: string,
  modules: readonly string[],
): Promise<void> {
  const args = ['-O', format, '-d', join(grubLibrary, format), '-p', grubPrefix, '-o', output]
  await runTool('grub-mkimage', [...args, ...modules])
}

function firstSector(extent: Extent, sectorBytes: number): number {
  return extent.offsetBytes / sectorBytes
}

/** Boot code, one protective entry over the whole disk (UEFI 2.10 §5.2.3), and the mark of a boot sector. */
function protectiveRecord(bootCode: Uint8Array): Uint8Array {
  const record = new Uint8Array(512)
  record.set(bootCode)
  record.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff, 0x01, 0x00, 0x00, 0x00], 446)
  record.set([0x55, 0xaa], 510)
  return record
}
