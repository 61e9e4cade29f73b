import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ArchiveEntry } from '../protocol/cpio/archive-entry.ts'
import { PackageFileMissingError } from './errors.ts'
import { filterModulesAlias, filterModulesDep, selectModulePaths } from './module-index.ts'
import { omittedModules, selectedModules } from './module-selection.ts'
import { findUnpacked, runUnpacked } from './unpacked-packages.ts'

export interface KernelFiles {
  /** `6.1.0-56-amd64`, as `uname -r` says it. */
  readonly release: string
  readonly vmlinuzPath: string
  /** The selected modules with the indexes that busybox's modprobe reads. */
  readonly entries: readonly ArchiveEntry[]
}

/**
 * Picks the kernel and its modules from unpacked packages, and indexes the modules with depmod.
 *
 * @throws {PackageFileMissingError} when the packages hold no kernel
 * @throws {PackageToolError} when depmod fails
 */
export async function readKernelFiles(root: string): Promise<KernelFiles> {
  const boot = join(root, 'boot')
  const vmlinuz = (await readdir(boot)).find((name) => name.startsWith('vmlinuz-'))
  if (vmlinuz === undefined) throw new PackageFileMissingError('boot/vmlinuz-*')
  const release = vmlinuz.slice('vmlinuz-'.length)
  const symbols = join(boot, `System.map-${release}`)
  const folder = await findUnpacked(root, `lib/modules/${release}`)
  const kmod = await findUnpacked(root, 'bin/kmod')
  const base = folder.slice(0, -`/lib/modules/${release}`.length)
  await runUnpacked(root, kmod, 'depmod', ['-b', base, '-F', symbols, release])
  return {
    release,
    vmlinuzPath: join(boot, vmlinuz),
    entries: await moduleEntries(folder, `lib/modules/${release}`),
  }
}

async function moduleEntries(folder: string, target: string): Promise<ArchiveEntry[]> {
  const readText = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  const modulesDep = await readText('modules.dep')
  const chosen = selectModulePaths(modulesDep, selectedModules, omittedModules)
  const indexes = {
    'modules.dep': filterModulesDep(modulesDep, chosen),
    'modules.alias': filterModulesAlias(await readText('modules.alias'), chosen),
    'modules.builtin': await readText('modules.builtin'),
  }
  const modules = chosen.map(async (path): Promise<ArchiveEntry> => {
    const bytes = await readFile(join(folder, path))
    return { type: 'file', path: `${target}/${path}`, bytes }
  })
  const indexEntries = Object.entries(indexes).map(([name, text]): ArchiveEntry => ({
    type: 'file',
    path: `${target}/${name}`,
    bytes: Buffer.from(text),
  }))
  return [...(await Promise.all(modules)), ...indexEntries]
}
