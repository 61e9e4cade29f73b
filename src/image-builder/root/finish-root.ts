import { readdir, readFile, mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { ImageRecipe } from '../../contract/image-recipe.ts'
import { diskRootArguments, grubConfig } from '../disk/boot-files.ts'
import { ImageBuildStepError } from '../errors.ts'
import type { FilesLayer, LoadedRecipe } from '../recipe/load-recipe.ts'
import { runTool } from '../run-tool.ts'
import { copyFilesOver } from './copy-files.ts'
import { clampTimes, evenPasswordDays } from './even-times.ts'
import { globPattern } from './leave-out.ts'
import { removeLeftovers } from './leftovers.ts'
import { lstatOrNothing, writeInRoot } from './path-in-root.ts'
import { runInRoot } from './run-in-root.ts'
import { holds, openSsh, type SystemFacts, writeSystemFiles } from './system-files.ts'

/** A kernel and its initramfs: absolute paths in the root. */
export interface KernelPaths {
  readonly kernel: string
  readonly initramfs: string
}

export interface FinishOptions {
  readonly loaded: LoadedRecipe
  readonly rootDirectory: string
  readonly facts: SystemFacts
  /** Seconds since 1970: nothing in the image is younger. */
  readonly sourceDateEpoch: number
  readonly log: (line: string) => void
}

const builderFiles = fileURLToPath(new URL('../root-files', import.meta.url))

/**
 * Turns installed packages into a system that boots anywhere: the recipe's files, units and scripts,
 * one initramfs, and nothing left that tells one machine from another.
 *
 * @throws {ImageBuildStepError} when a unit is unknown, a script fails or the initramfs cannot be made
 */
export async function finishRoot(options: FinishOptions): Promise<KernelPaths> {
  const { loaded, rootDirectory, facts, sourceDateEpoch, log } = options
  const { recipe } = loaded
  await writeSystemFiles(rootDirectory, facts)
  if (facts.root === 'verity') await mkdir(join(rootDirectory, 'state'), { recursive: true })
  for (const layer of [...(await builderLayers(rootDirectory, recipe)), ...loaded.files]) {
    await layFiles(layer, rootDirectory)
  }
  await setUnits(rootDirectory, recipe)
  await openSsh(rootDirectory, recipe.ssh)
  const environment = { SOURCE_DATE_EPOCH: String(sourceDateEpoch) }
  for (const script of loaded.scripts) {
    log(`running ${basename(script)}`)
    await runInRoot(rootDirectory, [`/run/scripts/${basename(script)}`], {
      scriptsDirectory: dirname(script),
      env: environment,
      onLine: log,
    })
  }
  log('making the initramfs')
  const kernel = await makeInitramfs(rootDirectory, environment)
  if (facts.root === 'disk') await writeGrubConfig(options, kernel)
  await evenRoot(rootDirectory, sourceDateEpoch)
  return kernel
}

/** Nothing is left in a root that another build of the same inputs would not leave. */
export async function evenRoot(rootDirectory: string, sourceDateEpoch: number): Promise<void> {
  await removeLeftovers(rootDirectory)
  await evenPasswordDays(rootDirectory, sourceDateEpoch)
  await clampTimes(rootDirectory, sourceDateEpoch)
}

async function builderLayers(rootDirectory: string, recipe: ImageRecipe): Promise<FilesLayer[]> {
  const hasSsh = await holds(rootDirectory, '/usr/sbin/sshd')
  const names = ['initramfs', ...(hasSsh ? ['ssh'] : []), recipe.root]
  return names.map((name) => ({ directory: join(builderFiles, name), without: [] }))
}

async function layFiles({ directory, without }: FilesLayer, rootDirectory: string): Promise<void> {
  if ((await lstatOrNothing(directory)) === undefined) return
  const patterns = without.map(globPattern)
  await copyFilesOver(directory, rootDirectory, (path) => patterns.some((one) => one.test(path)))
}

async function setUnits(rootDirectory: string, { units }: ImageRecipe): Promise<void> {
  for (const verb of ['enable', 'disable', 'mask'] as const) {
    const names = units[verb]
    if (names.length > 0) await runInRoot(rootDirectory, ['systemctl', verb, ...names])
  }
}

async function makeInitramfs(
  rootDirectory: string,
  env: Readonly<Record<string, string>>,
): Promise<KernelPaths> {
  const versions = await readdir(join(rootDirectory, 'usr/lib/modules'))
  const version = versions.length === 1 ? versions[0] : undefined
  if (version === undefined) {
    const found = `modules of: ${versions.join(' ') || 'none'}`
    throw new ImageBuildStepError('finding the kernel', found)
  }
  await runInRoot(rootDirectory, ['update-initramfs', '-c', '-k', version], { env })
  return { kernel: `/boot/vmlinuz-${version}`, initramfs: `/boot/initrd.img-${version}` }
}

/** Where GRUB reads the root itself, it finds its configuration there. */
async function writeGrubConfig(
  { loaded, rootDirectory, facts }: FinishOptions,
  kernel: KernelPaths,
): Promise<void> {
  const rootArguments = diskRootArguments(facts.rootPartitionGuid)
  const { arguments: kernelArguments } = loaded.recipe.kernel
  const config = grubConfig({ ...kernel, rootArguments, kernelArguments })
  await writeInRoot(rootDirectory, '/boot/grub/grub.cfg', config)
}

/** The installed packages, one `name version` a line, in the order of their names. */
export async function listPackages(rootDirectory: string): Promise<string> {
  const format = '${binary:Package} ${Version}\\n'
  const listed = await runTool('dpkg-query', [
    `--admindir=${join(rootDirectory, 'var/lib/dpkg')}`,
    ...['-W', '-f', format],
  ])
  return listed.split('\n').sort().join('\n')
}

/** `12.12`, from /etc/debian_version. */
export async function debianRelease(rootDirectory: string): Promise<string> {
  return (await readFile(join(rootDirectory, 'etc/debian_version'), 'utf8')).trim()
}
