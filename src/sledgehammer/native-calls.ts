import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FileEntry } from '../protocol/cpio/archive-entry.ts'
import { NativeCallsMissingError } from './errors.ts'

/** Beside the agent, where its `import('koffi')` looks. */
const modulesFolder = 'lib/repave/node_modules'

const files: Readonly<Record<string, readonly string[]>> = {
  koffi: ['package.json', 'index.js', 'src/koffi/index.js', 'src/koffi/src/static.js'],
  '@koromix/koffi-linux-x64': ['package.json', 'index.js', 'linux_x64/koffi.node'],
}

/**
 * What lets the agent make system calls that Node has no name for: it speaks to NVMe drives by ioctl(2).
 *
 * @throws {NativeCallsMissingError} when it is not installed
 */
export async function nativeCallEntries(): Promise<FileEntry[]> {
  try {
    const koffi = dirname(createRequire(import.meta.url).resolve('koffi'))
    const modules = dirname(koffi)
    const wanted = Object.entries(files).flatMap(([name, paths]) =>
      paths.map((path) => join(name, path)),
    )
    return await Promise.all(
      wanted.map(async (path): Promise<FileEntry> => ({
        ...{ type: 'file', path: join(modulesFolder, path) },
        ...{ bytes: await readFile(join(modules, path)), mode: 0o644 },
      })),
    )
  } catch (error) {
    throw new NativeCallsMissingError(error)
  }
}
