import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from '../debian/run-command.ts'
import type { ArchiveEntry } from '../protocol/cpio/archive-entry.ts'
import { findUnpacked } from './unpacked-packages.ts'

const rootFolder = fileURLToPath(new URL('root', import.meta.url))
const emptyFolders = ['etc', 'proc', 'root', 'run', 'sys', 'tmp']

/** busybox with a link for each of its commands, init and its scripts, and the folders they mount on. */
export async function userlandEntries(root: string): Promise<ArchiveEntry[]> {
  return [
    ...(await busyboxEntries(root)),
    ...(await scriptEntries()),
    ...emptyFolders.map((path): ArchiveEntry => ({ type: 'directory', path })),
    // The kernel opens it for process 1 before anything is mounted.
    { type: 'character-device', path: 'dev/console', major: 5, minor: 1, mode: 0o600 },
    // The kernel itself calls /sbin/modprobe.
    { type: 'symlink', path: 'sbin', target: 'bin' },
    { type: 'symlink', path: 'etc/resolv.conf', target: '../run/resolv.conf' },
  ]
}

async function busyboxEntries(root: string): Promise<ArchiveEntry[]> {
  const path = await findUnpacked(root, 'bin/busybox')
  const { stdout } = await runCommand(path, ['--list'])
  const commands = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox')
  return [
    { type: 'file', path: 'bin/busybox', bytes: await readFile(path), mode: 0o755 },
    ...commands.map((name): ArchiveEntry => ({
      type: 'symlink',
      path: `bin/${name}`,
      target: 'busybox',
    })),
  ]
}

async function scriptEntries(): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = []
  for (const path of await readdir(rootFolder, { recursive: true })) {
    const source = join(rootFolder, path)
    if (!(await stat(source)).isFile()) continue
    entries.push({ type: 'file', path, bytes: await readFile(source), mode: 0o755 })
  }
  return entries
}
