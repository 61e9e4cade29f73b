import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { downloadDebianPackages } from '../debian/download-debian-packages.ts'
import type { DebianArchive, WantedPackage } from '../debian/download-debian-packages.ts'
import { unpackDebianArchive } from '../debian/unpack-debian-archive.ts'
import { withFileLock } from '../debian/with-file-lock.ts'
import type { FileEntry } from '../protocol/cpio/archive-entry.ts'
import { digestOfBuilder } from './builder-digest.ts'
import { compressArchive } from './compress-archive.ts'
import { diskToolEntries, diskToolPackages } from './disk-tools.ts'
import { readKernelFiles } from './kernel-files.ts'
import { nativeCallEntries } from './native-calls.ts'
import { nodeEntries, nodeLibraryPackages, readNodeRuntime } from './node-runtime.ts'
import type { NodeRuntime } from './node-runtime.ts'
import { userlandEntries } from './userland-files.ts'

/** depmod, and what it is linked with. */
const depmodPackages = ['kmod', 'libkmod2', 'liblzma5', 'libssl3', 'libzstd1']

const wantedPackages: readonly WantedPackage[] = [
  { metaPackage: 'linux-image-amd64', dependencyPrefix: 'linux-image-' },
  'busybox-static',
  ...nodeLibraryPackages,
  ...depmodPackages,
  ...diskToolPackages,
]

export interface PackageVersion {
  readonly name: string
  readonly version: string
}

/** Everything in sledgehammer except the agent and the keys it trusts. */
export interface BaseSystem {
  readonly kernelRelease: string
  readonly nodeVersion: string
  readonly packages: readonly PackageVersion[]
  readonly vmlinuz: Uint8Array
  /** The compressed first part of the initramfs. */
  readonly archive: Uint8Array
}

export interface BaseSystemOptions {
  readonly cacheDirectory: string
  readonly log: (line: string) => void
}

type Facts = Pick<BaseSystem, 'kernelRelease' | 'nodeVersion' | 'packages'>

/**
 * The base system from the cache, or built there when its packages, the pinned Node or this builder
 * changed. Needs no root; several processes may share one cache.
 *
 * @throws what {@link downloadDebianPackages} and {@link unpackDebianArchive} throw
 */
export async function readBaseSystem(options: BaseSystemOptions): Promise<BaseSystem> {
  const { cacheDirectory, log } = options
  const archives = await downloadDebianPackages(wantedPackages, {
    cacheDirectory: join(cacheDirectory, 'packages'),
    log,
  })
  const runtime = await readNodeRuntime()
  const native = await nativeCallEntries()
  const directory = join(cacheDirectory, `base-${await fingerprint(archives, runtime, native)}`)
  return withFileLock(join(cacheDirectory, '.lock'), async () => {
    const cached = await load(directory).catch(() => undefined)
    if (cached !== undefined) return cached
    log('building the base system of sledgehammer')
    await buildInto(directory, archives, runtime, native)
    return load(directory)
  })
}

async function fingerprint(
  archives: readonly DebianArchive[],
  runtime: NodeRuntime,
  native: readonly FileEntry[],
): Promise<string> {
  const hash = createHash('sha256').update(await digestOfBuilder())
  for (const { bytes } of native) hash.update(bytes)
  for (const { sha256 } of archives) hash.update(sha256)
  return hash.update(runtime.binary).digest('hex').slice(0, 16)
}

async function load(directory: string): Promise<BaseSystem> {
  const read = (name: string): Promise<Buffer> => readFile(join(directory, name))
  const facts = JSON.parse((await read('facts.json')).toString()) as Facts
  return { ...facts, vmlinuz: await read('vmlinuz'), archive: await read('base.zst') }
}

/** Built beside its final place and moved there whole, so that a cache never holds half of one. */
async function buildInto(
  directory: string,
  archives: readonly DebianArchive[],
  runtime: NodeRuntime,
  native: readonly FileEntry[],
): Promise<void> {
  const work = await mkdtemp(`${directory}.`)
  try {
    const root = join(work, 'packages')
    for (const { path } of archives) await unpackDebianArchive(path, root)
    const kernel = await readKernelFiles(root)
    const node = await nodeEntries(runtime, root)
    const entries = [
      ...kernel.entries,
      ...node,
      ...(await diskToolEntries(root, new Set(node.map(({ path }) => path)))),
      ...(await userlandEntries(root)),
      ...native,
    ]
    const facts: Facts = {
      kernelRelease: kernel.release,
      nodeVersion: runtime.version,
      packages: archives.map(({ name, version }) => ({ name, version })),
    }
    const result = join(work, 'result')
    await mkdir(result)
    await copyFile(kernel.vmlinuzPath, join(result, 'vmlinuz'))
    await writeFile(join(result, 'base.zst'), await compressArchive(entries))
    await writeFile(join(result, 'facts.json'), JSON.stringify(facts))
    await rm(directory, { recursive: true, force: true })
    await rename(result, directory)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
