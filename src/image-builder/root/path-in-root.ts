import { chmod, lstat, mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { ImageBuildStepError } from '../errors.ts'

/** As the kernel counts (linux/include/linux/namei.h). */
const maximumLinks = 40

/**
 * Where an absolute path of a root file system lies on this machine: links on the way are followed as
 * the booted system would follow them, and so never lead out of the root. The last part is not followed.
 *
 * @throws {ImageBuildStepError} when links lead round in a circle
 */
export async function pathInRoot(rootDirectory: string, path: string): Promise<string> {
  let waiting = path.split('/')
  let reached: string[] = []
  let links = 0
  for (;;) {
    const part = waiting.shift()
    if (part === undefined) return join(rootDirectory, ...reached)
    if (part === '' || part === '.') continue
    if (part === '..') {
      reached.pop()
      continue
    }
    const place = join(rootDirectory, ...reached, part)
    const isLink = waiting.length > 0 && (await lstatOrNothing(place))?.isSymbolicLink() === true
    if (!isLink) {
      reached.push(part)
      continue
    }
    if (++links > maximumLinks) throw new ImageBuildStepError(`following ${path}`, 'a circle')
    const target = await readlink(place)
    if (target.startsWith('/')) reached = []
    waiting = [...target.split('/'), ...waiting]
  }
}

export async function lstatOrNothing(path: string) {
  return lstat(path).catch(() => undefined)
}

/** Replaces what stands at an absolute path of the root by a file; folders on the way are made. */
export async function writeInRoot(
  rootDirectory: string,
  path: string,
  text: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  const place = await emptyPlace(rootDirectory, path)
  await writeFile(place, text, { flag: 'wx' })
  await chmod(place, mode)
}

/** Replaces what stands at an absolute path of the root by a link. */
export async function linkInRoot(root: string, path: string, target: string): Promise<void> {
  await symlink(target, await emptyPlace(root, path))
}

async function emptyPlace(rootDirectory: string, path: string): Promise<string> {
  const place = await pathInRoot(rootDirectory, path)
  await mkdir(dirname(place), { recursive: true, mode: 0o755 })
  await rm(place, { force: true, recursive: true })
  return place
}
