import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Globs of paths as dpkg reads them: `*` stands for any characters, `/` among them. */
export interface LeaveOutRules {
  readonly leaveOut: readonly string[]
  /** Stronger than `leaveOut`. */
  readonly keep: readonly string[]
}

/** The text of a dpkg configuration file: of several options that fit a path, the last one decides. */
export function dpkgOptions({ leaveOut, keep }: LeaveOutRules): string {
  return [
    ...leaveOut.map((path) => `path-exclude=${path}\n`),
    ...keep.map((path) => `path-include=${path}\n`),
  ].join('')
}

/**
 * Removes what `rules` leave out below `rootDirectory`: the first packages of a root come without
 * dpkg, which would have left it out itself.
 */
export async function removeLeftOut(rootDirectory: string, rules: LeaveOutRules): Promise<void> {
  const keep = rules.keep.map(globPattern)
  for (const glob of rules.leaveOut) {
    const pattern = globPattern(glob)
    const isLeftOut = (path: string) => pattern.test(path) && !keep.some((kept) => kept.test(path))
    await removeFiles(rootDirectory, glob.slice(0, glob.search(/\/[^/]*(?:\*|$)/)), isLeftOut)
  }
}

/** `*` stands for any characters, `/` among them. */
export function globPattern(glob: string): RegExp {
  const escaped = glob.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('*', '.*')}$`)
}

/** Folders stay: their packages own them. */
async function removeFiles(
  rootDirectory: string,
  folder: string,
  isLeftOut: (path: string) => boolean,
): Promise<void> {
  const directory = join(rootDirectory, folder)
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) await removeFiles(rootDirectory, path, isLeftOut)
    else if (isLeftOut(path)) await rm(join(rootDirectory, path))
  }
}
