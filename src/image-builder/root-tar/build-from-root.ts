import { createHash } from 'node:crypto'
import { lstat, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

import { MEBIBYTE } from '../../base/byte-size.ts'
import { ensureDebianPackages } from '../../debian/ensure-debian-packages.ts'
import { assembleAside, dayOf, diskGuids, diskToolPackages } from '../build-image.ts'
import { diskRootArguments, grubConfig } from '../disk/boot-files.ts'
import { ImageBuildNeedsRootError } from '../errors.ts'
import { evenRoot } from '../root/finish-root.ts'
import { writeInRoot } from '../root/path-in-root.ts'
import { fileSystemTable } from '../root/system-files.ts'
import { findKernel } from './find-kernel.ts'
import { unpackRoot } from './unpack-root.ts'

export interface RootTarOptions {
  /** The archive of a root file system, plain or in gzip or zstd. */
  readonly tarFile: string
  readonly name: string
  /** Default: the day of its youngest file. */
  readonly version?: string
  /** Of the whole disk; default: what is in it, a quarter more, and 320 MiB. Whole MiB. */
  readonly imageBytes?: number
  /** Behind `root=` and `ro`. */
  readonly kernelArguments: readonly string[]
  readonly outputFile: string
  readonly workDirectory?: string
  readonly log: (line: string) => void
}

export interface BuiltFromRoot {
  readonly name: string
  readonly version: string
  readonly outputFile: string
  readonly rawBytes: number
  readonly members: number
}

/** Boot partitions, a journal, and room to log a while. */
const spareBytes = 320 * MEBIBYTE

/**
 * Makes a disk that boots from BIOS and UEFI of an archived root file system: a partition table, boot
 * loaders, an fstab; what tells one machine from another is gone. The same archive and the same options
 * give the same disk. Nothing of the archive is run.
 *
 * @throws {TarRefusedError} when the archive is not whole, or would write outside of the root
 * @throws {RootNotBootableError} when it has no kernel
 * @throws {ImageBuildNeedsRootError} when files of other owners cannot be made
 */
export async function buildFromRoot(options: RootTarOptions): Promise<BuiltFromRoot> {
  if (process.getuid?.() !== 0) throw new ImageBuildNeedsRootError()
  await ensureDebianPackages(diskToolPackages, { log: options.log })
  const outputFile = resolve(options.outputFile)
  const parent = resolve(options.workDirectory ?? dirname(outputFile))
  await mkdir(parent, { recursive: true })
  await mkdir(dirname(outputFile), { recursive: true })
  const workDirectory = await mkdtemp(join(parent, `.image-build-${options.name}-`))
  try {
    return await buildIn(workDirectory, { ...options, outputFile })
  } finally {
    await rm(workDirectory, { recursive: true, force: true })
  }
}

async function buildIn(workDirectory: string, options: RootTarOptions): Promise<BuiltFromRoot> {
  const { kernelArguments, log, name, outputFile } = options
  const rootDirectory = join(workDirectory, 'root')
  log('unpacking the root file system')
  const unpacked = await unpackRoot(options.tarFile, rootDirectory)
  const kernel = await findKernel(rootDirectory)
  const imageBytes = options.imageBytes ?? (await roomFor(rootDirectory))
  const inputs = [unpacked.digest, imageBytes, ...kernelArguments]
  const inputDigest = createHash('sha256').update(inputs.join('\n')).digest('hex')
  const guids = diskGuids(inputDigest)
  const facts = {
    ...{ root: 'disk' as const },
    ...{ rootPartitionGuid: guids.root, statePartitionGuid: guids.state },
  }
  await writeInRoot(rootDirectory, '/etc/fstab', fileSystemTable(facts))
  // Empty, not absent: each machine makes its own at its first boot.
  await writeInRoot(rootDirectory, '/etc/machine-id', '')
  const rootArguments = diskRootArguments(guids.root)
  const config = grubConfig({ ...kernel, rootArguments, kernelArguments })
  await writeInRoot(rootDirectory, '/boot/grub/grub.cfg', config)
  await evenRoot(rootDirectory, unpacked.newestSeconds)

  log(`assembling the disk, which boots ${kernel.kernel}`)
  await assembleAside(outputFile, {
    ...{ root: facts.root, imageBytes, rootDirectory, kernel, kernelArguments, guids },
    ...{ inputDigest, workDirectory, sourceDateEpoch: unpacked.newestSeconds },
  })
  const { size: rawBytes } = await stat(outputFile)
  const version = options.version ?? dayOf(unpacked.newestSeconds)
  return { name, version, outputFile, rawBytes, members: unpacked.members }
}

/** A file takes whole blocks, and an inode of its own. */
const blockBytes = 4096
const inodeBytes = 256

async function roomFor(rootDirectory: string): Promise<number> {
  const wanted = (await bytesBelow(Buffer.from(rootDirectory))) * 1.25 + spareBytes
  return Math.ceil(wanted / MEBIBYTE) * MEBIBYTE
}

/** Names are bytes, in no encoding that can be counted on. */
async function bytesBelow(directory: Buffer): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(directory, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([directory, Buffer.from('/'), entry.name])
    const { size } = await lstat(path)
    bytes += Math.ceil(size / blockBytes) * blockBytes + inodeBytes
    if (entry.isDirectory()) bytes += await bytesBelow(path)
  }
  return bytes
}
