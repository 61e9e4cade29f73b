import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { pathInRoot } from './path-in-root.ts'

/** What a machine must make itself, and what only this build knew. */
const leftovers: Readonly<Record<string, RegExp>> = {
  '/etc': /^(?:.*-|\.pwd\.lock)$/,
  '/etc/ssh': /^ssh_host_/,
  '/run': /./,
  '/tmp': /./,
  '/var/cache/debconf': /-old$/,
  '/var/cache/ldconfig': /^aux-cache$/,
  '/var/lib/apt/lists': /./,
  '/var/lib/dbus': /^machine-id$/,
  '/var/lib/dpkg': /-old$/,
  '/var/lib/systemd': /^random-seed$/,
}
/** Their folders belong to packages and stay, empty. */
const emptied = ['/var/cache/apt', '/var/log']

/** Removes from a root file system what tells one machine, or one build, from another. */
export async function removeLeftovers(rootDirectory: string): Promise<void> {
  // The dot: a folder that is a link is followed, inside the root.
  const place = (folder: string) => pathInRoot(rootDirectory, `${folder}/.`)
  for (const [folder, pattern] of Object.entries(leftovers)) {
    const directory = await place(folder)
    const names = await readdir(directory).catch(() => [])
    for (const name of names.filter((one) => pattern.test(one))) {
      await rm(join(directory, name), { force: true, recursive: true })
    }
  }
  for (const folder of emptied) await removeFiles(await place(folder))
}

async function removeFiles(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) await removeFiles(path)
    else await rm(path, { force: true })
  }
}
