import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { FileSystemKind } from './file-system-kind.ts'
import { runCaptureTool } from './run-capture-tool.ts'

/** Ours, in sledgehammer; takes the root of a mounted system as its argument. */
export const generaliseScriptPath = '/lib/repave/generalise.sh'

export interface GeneraliseOptions {
  readonly devicePath: string
  readonly kind: FileSystemKind
  /** A shell script of the site, run after ours. Its argument is the root of the system. */
  readonly script?: string
  readonly log: (line: string) => void
  /** @default '/run/repave' */
  readonly workDirectory?: string
}

/**
 * Mounts a file system of the copy and, when a Linux is installed on it, takes out what makes that
 * Linux this machine and no other. Windows is generalised by its own sysprep before it is shut down.
 *
 * @throws {CaptureToolError} when it cannot be mounted, or a script fails
 */
export async function generaliseFileSystem(options: GeneraliseOptions): Promise<void> {
  const { devicePath, kind, workDirectory = '/run/repave' } = options
  if (kind === 'ntfs') return
  const root = join(workDirectory, 'captured-root')
  await mkdir(root, { recursive: true })
  await runCaptureTool('mount', ['-t', kind, '-o', 'nodev,nosuid,noexec', devicePath, root])
  try {
    if (!isInstalledSystem(root)) return
    options.log(`${devicePath}: taking the identity out of the copy`)
    await runScripts(root, workDirectory, options.script)
  } finally {
    await runCaptureTool('umount', [root])
  }
}

/** @throws {CaptureToolError} */
export async function runScripts(
  root: string,
  workDirectory: string,
  siteScript?: string,
  ownScriptPath = generaliseScriptPath,
): Promise<void> {
  await runCaptureTool('sh', [ownScriptPath, root])
  if (siteScript === undefined) return
  const path = join(workDirectory, 'generalise-site.sh')
  await writeFile(path, siteScript)
  await runCaptureTool('sh', [path, root])
}

function isInstalledSystem(root: string): boolean {
  return ['etc/os-release', 'usr/lib/os-release'].some((path) => existsSync(join(root, path)))
}
