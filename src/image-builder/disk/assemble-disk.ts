import { createReadStream } from 'node:fs'
import { copyFile, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { fromHex } from '../../base/hex.ts'
import type { RootKind } from '../../contract/image-recipe.ts'
import type { ImageVerity } from '../../contract/image-verity.ts'
import { encodeNewc } from '../../protocol/cpio/encode-newc.ts'
import { encodeGpt } from '../../protocol/gpt/encode-gpt.ts'
import { ImageTooSmallError } from '../errors.ts'
import type { KernelPaths } from '../root/finish-root.ts'
import { pathInRoot } from '../root/path-in-root.ts'
import { grubConfig, memoryRootArguments, verityRootArguments } from './boot-files.ts'
import { type GrubPlace, makeBiosBoot, makeEfiSystem } from './boot-loaders.ts'
import { derivedGuid } from './derived-guid.ts'
import {
  bootPartitionNumbers,
  type DiskGuids,
  type DiskLayout,
  type Extent,
  planDisk,
} from './disk-layout.ts'
import { makeExt4, makeSquashfs } from './file-systems.ts'
import { makeVerityPartition } from './verity-partition.ts'

export interface AssembleOptions {
  readonly root: RootKind
  readonly imageBytes: number
  /** Complete; for a root on disk with GRUB's configuration in it. */
  readonly rootDirectory: string
  readonly kernel: KernelPaths
  readonly kernelArguments: readonly string[]
  readonly guids: DiskGuids
  /** What every further identity follows from. */
  readonly inputDigest: string
  readonly workDirectory: string
  readonly sourceDateEpoch: number
  /** Made sparse; whatever it held is gone. */
  readonly outputFile: string
}

export interface AssembledDisk {
  /** What proves a read-only root while it runs. */
  readonly verity?: ImageVerity
  /** For a root in memory: what a machine can start without the disk around it. */
  readonly bootFiles?: { readonly kernel: string; readonly initramfs: string }
}

/** What stands in the boot partition when the root cannot hold it, and what of the disk is written already. */
interface Content extends AssembledDisk {
  readonly layout: DiskLayout
  /** By name in the EFI system partition. */
  readonly files: Readonly<Record<string, string>>
}

/**
 * Writes a disk that boots from BIOS and from UEFI. Nothing is mounted and no loop device is used.
 *
 * @throws {ImageBuildStepError} {@link ImageTooSmallError} when a tool fails, such as for lack of room in the image
 */
export async function assembleDisk(options: AssembleOptions): Promise<AssembledDisk> {
  const { outputFile, imageBytes, workDirectory } = options
  await rm(outputFile, { force: true })
  await writeFile(outputFile, '')
  await truncate(outputFile, imageBytes)
  const { layout, files, ...made } = await contents[options.root](options)
  const grub = grubPlace(options.root)
  const serialNumber = derivedGuid(options.inputDigest, 'EFI system').slice(0, 8)
  const efiSystem = await makeEfiSystem({ ...options, layout, grub, files, serialNumber })
  await writePart(outputFile, layout.efiSystem, efiSystem)
  const bios = await makeBiosBoot(layout, grub, workDirectory)
  const table = encodeGpt({ ...layout.table, masterBootRecord: protectiveRecord(bios.bootCode) })
  await using file = await open(outputFile, 'r+')
  await file.write(bios.core, 0, bios.core.length, layout.biosBoot.offsetBytes)
  await file.write(table.primary, 0, table.primary.length, 0)
  await file.write(table.backup, 0, table.backup.length, table.backupOffsetBytes)
  await file.sync()
  return made
}

/** `/boot/grub` of the root when GRUB can read it, else `/grub` of the EFI system partition. */
function grubPlace(root: RootKind): GrubPlace {
  const partitionNumber = bootPartitionNumbers[root]
  if (root === 'disk') return { partitionNumber, folder: '/boot/grub', fileSystem: 'ext2' }
  return { partitionNumber, folder: '/grub', fileSystem: 'fat' }
}

const contents: Readonly<Record<RootKind, (options: AssembleOptions) => Promise<Content>>> = {
  disk: async (options) => {
    const layout = planDisk('disk', options.imageBytes, options.guids)
    const { outputFile: file, rootDirectory: directory } = options
    const guid = derivedGuid(options.inputDigest, 'root file system')
    await makeExt4({ ...options, file, extent: layout.root, label: 'root', guid, directory })
    return { layout, files: {} }
  },
  verity: async (options) => {
    const { workDirectory, outputFile, guids } = options
    const squashfs = join(workDirectory, 'root.squashfs')
    await makeSquashfs(options.rootDirectory, squashfs, options.sourceDateEpoch)
    const uuid = derivedGuid(options.inputDigest, 'verity')
    const salt = fromHex(derivedGuid(options.inputDigest, 'verity salt').replaceAll('-', ''))
    const { area, ...facts } = await makeVerityPartition(squashfs, { uuid, salt })
    const rootBytes = (await stat(squashfs)).size
    const sizes = { root: rootBytes, verity: area.length }
    const layout = planDisk('verity', options.imageBytes, guids, sizes)
    await writePart(outputFile, layout.root, squashfs)
    const areaFile = join(workDirectory, 'verity-area')
    await writeFile(areaFile, area)
    await writePart(outputFile, layout.verity, areaFile)
    const guid = derivedGuid(options.inputDigest, 'state file system')
    const state = { file: outputFile, extent: layout.state, label: 'state', guid }
    await makeExt4({ ...options, ...state })
    const files = await bootFiles(
      options,
      verityRootArguments({ ...partitionGuids(guids), ...facts }),
    )
    const data = { algorithm: 'sha256' as const, ...facts }
    const places = {
      dataOffsetBytes: layout.root.offsetBytes,
      treeOffsetBytes: layout.verity.offsetBytes,
    }
    return { layout, files, verity: { ...data, ...places } }
  },
  memory: async (options) => {
    const { workDirectory, sourceDateEpoch, rootDirectory, kernel } = options
    const layout = planDisk('memory', options.imageBytes, options.guids)
    const squashfs = join(workDirectory, 'root.squashfs')
    await makeSquashfs(rootDirectory, squashfs, sourceDateEpoch)
    const files = await bootFiles(options, memoryRootArguments)
    const initramfs = `${options.outputFile}.initrd.img`
    const plain = await pathInRoot(rootDirectory, kernel.initramfs)
    await joinArchives(plain, squashfs, initramfs)
    const kernelFile = `${options.outputFile}.vmlinuz`
    await copyFile(await pathInRoot(rootDirectory, kernel.kernel), kernelFile)
    return {
      layout,
      files: { ...files, '/initrd.img': initramfs },
      bootFiles: { kernel: kernelFile, initramfs },
    }
  },
}

function partitionGuids({ root, verity, state }: DiskGuids) {
  return { rootPartitionGuid: root, verityPartitionGuid: verity, statePartitionGuid: state }
}

async function bootFiles(
  { rootDirectory, kernel, kernelArguments, workDirectory }: AssembleOptions,
  rootArguments: readonly string[],
): Promise<Record<string, string>> {
  const entry = { kernel: '/vmlinuz', initramfs: '/initrd.img', rootArguments, kernelArguments }
  const config = join(workDirectory, 'grub.cfg')
  await writeFile(config, grubConfig(entry))
  return {
    '/grub/grub.cfg': config,
    '/vmlinuz': await pathInRoot(rootDirectory, kernel.kernel),
    '/initrd.img': await pathInRoot(rootDirectory, kernel.initramfs),
  }
}

/** An initramfs, and behind it another archive with the root: the kernel unpacks both. */
async function joinArchives(initramfs: string, squashfs: string, output: string): Promise<void> {
  await copyFile(initramfs, output)
  await using file = await open(output, 'a')
  const { size } = await file.stat()
  // Archives begin on four bytes; the kernel passes over zeros between them.
  await file.write(new Uint8Array(-size & 3))
  const bytes = await readFile(squashfs)
  for (const part of encodeNewc([{ type: 'file', path: 'root.squashfs', bytes }])) {
    if (part.length > 0) await file.write(part)
  }
}

/** Copies a file into its place on the disk; zeros at its end stay holes. */
async function writePart(disk: string, extent: Extent, part: string): Promise<void> {
  const { size } = await stat(part)
  if (size > extent.sizeBytes) {
    throw new ImageTooSmallError(`${size} bytes do not fit a partition of ${extent.sizeBytes}`)
  }
  await using file = await open(disk, 'r+')
  let offset = extent.offsetBytes
  for await (const bytes of createReadStream(part, { highWaterMark: 1_048_576 })) {
    const buffer = bytes as Buffer
    if (!isZero(buffer)) await file.write(buffer, 0, buffer.length, offset)
    offset += buffer.length
  }
}

function isZero(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0
}

/** Boot code, one protective entry over the whole disk (UEFI 2.10 §5.2.3), and the mark of a boot sector. */
function protectiveRecord(bootCode: Uint8Array): Uint8Array {
  const record = new Uint8Array(512)
  record.set(bootCode)
  record.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff, 0x01, 0x00, 0x00, 0x00], 446)
  record.set([0x55, 0xaa], 510)
  return record
}
