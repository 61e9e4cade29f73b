import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { arch } from 'node:os'

import { ensureDebianPackages } from '../debian/ensure-debian-packages.ts'
import { findAptSources } from './root/apt-sources.ts'
import { type AssembledDisk, type AssembleOptions, assembleDisk } from './disk/assemble-disk.ts'
import { buildRoot } from './root/build-root.ts'
import { derivedGuid } from './disk/derived-guid.ts'
import { type DiskGuids, partitionKeys } from './disk/disk-layout.ts'
import { newestPackagedTime } from './root/even-times.ts'
import { ImageArchUnsupportedError, ImageBuildNeedsRootError } from './errors.ts'
import { debianRelease, finishRoot, listPackages } from './root/finish-root.ts'
import { type LoadedRecipe, loadRecipe } from './recipe/load-recipe.ts'

export interface BuildOptions {
  /** The folder that holds `image.yaml`, and `files/` when there are any. */
  readonly recipeDirectory: string
  readonly outputFile: string
  /** For what the build makes in between: about 1.5 GB, removed at its end. Default: beside the output. */
  readonly workDirectory?: string
  readonly log: (line: string) => void
}

export interface BuiltImage extends AssembledDisk {
  readonly name: string
  readonly version: string
  readonly outputFile: string
  readonly rawBytes: number
  /** What the file takes on disk: the rest is zero. */
  readonly allocatedBytes: number
  readonly packages: number
  /** Of the recipe and the exact packages: equal digests stand for equal content. */
  readonly inputDigest: string
}

export const diskToolPackages = [
  'e2fsprogs',
  'mtools',
  'grub-common',
  'grub-pc-bin',
  'grub-efi-amd64-signed',
  'shim-signed',
]
const neededPackages = [...diskToolPackages, 'mmdebstrap', 'squashfs-tools']

/**
 * Builds a disk image that boots real machines, BIOS or UEFI, from Debian's packages.
 *
 * @throws {ImageRecipeInvalidError} when the recipe is missing or wrong
 * @throws {ImageBuildNeedsRootError} {@link ImageArchUnsupportedError} when this machine cannot build it
 * @throws {ImageBuildStepError} when a tool fails
 */
export async function buildImage(options: BuildOptions): Promise<BuiltImage> {
  const loaded = await loadRecipe(options.recipeDirectory)
  if (process.getuid?.() !== 0) throw new ImageBuildNeedsRootError()
  if (loaded.recipe.arch !== 'x86_64' || arch() !== 'x64') {
    throw new ImageArchUnsupportedError(loaded.recipe.arch)
  }
  await ensureDebianPackages(neededPackages, { log: options.log })
  const outputFile = resolve(options.outputFile)
  const parent = resolve(options.workDirectory ?? dirname(outputFile))
  await mkdir(parent, { recursive: true })
  await mkdir(dirname(outputFile), { recursive: true })
  const workDirectory = await mkdtemp(join(parent, `.image-build-${loaded.recipe.name}-`))
  try {
    return await buildIn(workDirectory, loaded, { ...options, outputFile })
  } finally {
    await rm(workDirectory, { recursive: true, force: true })
  }
}

async function buildIn(
  workDirectory: string,
  loaded: LoadedRecipe,
  { outputFile, log }: BuildOptions,
): Promise<BuiltImage> {
  const { recipe } = loaded
  const rootDirectory = join(workDirectory, 'root')
  const startedAtMs = Date.now()
  const sources = await findAptSources(recipe.suite)
  await buildRoot({ recipe, sources, rootDirectory, workDirectory, log })

  const packages = await listPackages(rootDirectory)
  const sourceDateEpoch = await newestPackagedTime(rootDirectory, startedAtMs)
  const inputDigest = createHash('sha256')
    .update(`${loaded.inputDigest}\n${packages}`)
    .digest('hex')
  const guids = diskGuids(inputDigest)
  const facts = {
    ...{ root: recipe.root, rootPartitionGuid: guids.root, statePartitionGuid: guids.state },
  }
  const kernel = await finishRoot({ loaded, rootDirectory, facts, sourceDateEpoch, log })

  log('assembling the disk')
  const assembled = await assembleAside(outputFile, {
    ...{ root: recipe.root, imageBytes: recipe.size, rootDirectory, kernel },
    ...{ kernelArguments: recipe.kernel.arguments, guids, inputDigest },
    ...{ workDirectory, sourceDateEpoch },
  })
  const { size, blocks } = await stat(outputFile)
  return {
    name: recipe.name,
    version: recipe.version
      .replaceAll('{debian}', await debianRelease(rootDirectory))
      .replaceAll('{date}', dayOf(sourceDateEpoch))
      .replaceAll('{inputs}', inputDigest.slice(0, 8)),
    outputFile,
    ...assembled,
    rawBytes: size,
    allocatedBytes: blocks * 512,
    packages: packages.split('\n').length,
    inputDigest,
  }
}

/** Identities of the disk and its partitions, the same for the same inputs. */
export function diskGuids(inputDigest: string): DiskGuids {
  const keys = ['disk', ...partitionKeys] as const
  return Object.fromEntries(keys.map((key) => [key, derivedGuid(inputDigest, key)])) as Record<
    (typeof keys)[number],
    string
  >
}

/** `20261125` */
export function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10).replaceAll('-', '')
}

/** The output appears whole or not at all. */
export async function assembleAside(
  outputFile: string,
  options: Omit<AssembleOptions, 'outputFile'>,
): Promise<AssembledDisk> {
  const partialFile = join(dirname(outputFile), `.${basename(outputFile)}.${process.pid}.partial`)
  try {
    const { verity, bootFiles } = await assembleDisk({ ...options, outputFile: partialFile })
    const files = { kernel: `${outputFile}.vmlinuz`, initramfs: `${outputFile}.initrd.img` }
    if (bootFiles !== undefined) {
      await rename(bootFiles.kernel, files.kernel)
      await rename(bootFiles.initramfs, files.initramfs)
    }
    await rename(partialFile, outputFile)
    return {
      ...(verity === undefined ? {} : { verity }),
      ...(bootFiles === undefined ? {} : { bootFiles: files }),
    }
  } catch (thrown) {
    for (const name of ['', '.vmlinuz', '.initrd.img']) {
      await rm(`${partialFile}${name}`, { force: true })
    }
    throw thrown
  }
}
