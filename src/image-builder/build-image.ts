import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { arch } from 'node:os'

import { ensureDebianPackages } from '../debian/ensure-debian-packages.ts'
import { findAptSources } from './root/apt-sources.ts'
import { assembleDisk } from './disk/assemble-disk.ts'
import { buildRoot } from './root/build-root.ts'
import { derivedGuid } from './disk/derived-guid.ts'
import { planDisk } from './disk/disk-layout.ts'
import { ImageArchUnsupportedError, ImageBuildNeedsRootError } from './errors.ts'
import { debianRelease, finishRoot, listPackages } from './root/finish-root.ts'
import { type LoadedRecipe, loadRecipe } from './recipe/read-recipe.ts'

export interface BuildOptions {
  /** The folder that holds `image.yaml`, and `files/` when there are any. */
  readonly recipeDirectory: string
  readonly outputFile: string
  /** For what the build makes in between: about 1.5 GB, removed at its end. Default: beside the output. */
  readonly workDirectory?: string
  readonly log: (line: string) => void
}

export interface BuiltImage {
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

const neededPackages = [
  'mmdebstrap',
  'e2fsprogs',
  'mtools',
  'grub-common',
  'grub-pc-bin',
  'grub-efi-amd64-bin',
]

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
  { recipe, filesDirectory, inputDigest: recipeDigest }: LoadedRecipe,
  { outputFile, log }: BuildOptions,
): Promise<BuiltImage> {
  const rootDirectory = join(workDirectory, 'root')
  const today = new Date().toISOString().slice(0, 10)
  const sourceDateEpoch = Date.parse(today) / 1000
  const sources = await findAptSources(recipe.suite)
  await buildRoot({ recipe, sources, rootDirectory, workDirectory, log })

  const packages = await listPackages(rootDirectory)
  const inputDigest = createHash('sha256').update(`${recipeDigest}\n${packages}`).digest('hex')
  const guids = {
    disk: derivedGuid(inputDigest, 'disk'),
    biosBoot: derivedGuid(inputDigest, 'bios-boot'),
    efiSystem: derivedGuid(inputDigest, 'efi-system'),
    root: derivedGuid(inputDigest, 'root'),
  }
  const boot = { rootPartitionGuid: guids.root, kernelArguments: recipe.kernel.arguments }
  log('making the initramfs')
  await finishRoot({ recipe, filesDirectory, rootDirectory, boot, sourceDateEpoch })

  log('assembling the disk')
  const layout = planDisk(recipe.size, guids)
  const partialFile = join(dirname(outputFile), `.${recipe.name}.${process.pid}.partial`)
  const fileSystemGuid = derivedGuid(inputDigest, 'root file system')
  const assembly = { layout, rootDirectory, fileSystemGuid, workDirectory, sourceDateEpoch }
  await assembleDisk({ ...assembly, outputFile: partialFile }).catch(async (error: unknown) => {
    await rm(partialFile, { force: true })
    throw error
  })
  await rename(partialFile, outputFile)
  const { size, blocks } = await stat(outputFile)
  return {
    name: recipe.name,
    version: recipe.version
      .replaceAll('{debian}', await debianRelease(rootDirectory))
      .replaceAll('{date}', today.replaceAll('-', '')),
    outputFile,
    rawBytes: size,
    allocatedBytes: blocks * 512,
    packages: packages.split('\n').length,
    inputDigest,
  }
}
