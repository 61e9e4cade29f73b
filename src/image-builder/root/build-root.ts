import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ImageRecipe } from '../../contract/image-recipe.ts'
import { type AptSource, formatAptSources, withoutCredentials } from './apt-sources.ts'
import { dpkgOptions, removeLeftOut } from './leave-out.ts'
import { runTool } from '../run-tool.ts'

export interface RootOptions {
  readonly recipe: ImageRecipe
  readonly sources: readonly AptSource[]
  /** Made by this call; must not exist. */
  readonly rootDirectory: string
  readonly workDirectory: string
  readonly log: (line: string) => void
}

const debianArchs = { x86_64: 'amd64', aarch64: 'arm64' } as const

/** mmdebstrap leaves behind what it was given: options, and sources with their credentials. */
const leftByBootstrap = [
  'etc/apt/apt.conf.d/99mmdebstrap',
  'etc/dpkg/dpkg.cfg.d/99mmdebstrap',
  'etc/apt/sources.list.d',
]

/**
 * Installs the recipe's packages into a folder. The kernel's initramfs is not made yet: it would be
 * made twice, and without the recipe's own files.
 *
 * @throws {ImageBuildStepError} when a package cannot be fetched or installed
 */
export async function buildRoot(options: RootOptions): Promise<void> {
  const { recipe, sources, rootDirectory, workDirectory, log } = options
  const writeInput = async (name: string, text: string) => {
    const path = join(workDirectory, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }
  const sourcesFile = await writeInput('sources.list', formatAptSources(sources))
  const uploads = {
    '/etc/apt/preferences.d/repave-image': await writeInput('avoid', avoidText(recipe.avoid)),
    '/etc/dpkg/dpkg.cfg.d/repave-image': await writeInput('dpkg', dpkgOptions(recipe)),
  }
  const args = bootstrapArguments(recipe, uploads, await proxyOptions())
  log(`installing ${recipe.packages.length} packages and the kernel of Debian ${recipe.suite}`)
  const words = ['mmdebstrap', ...args, recipe.suite, rootDirectory, sourcesFile]
  // What it mounts in the folder is mounted for it alone, and gone with it, however it ends: whoever clears
  // up after a build that was killed must not meet the host's devices there.
  await runTool('unshare', ['--mount', ...words], {
    // No SOURCE_DATE_EPOCH: under it Python's compiler makes modules that are hashed at every import.
    env: { INITRD: 'No', TMPDIR: workDirectory },
    onLine: (line) => {
      if (/^I: (?:downloading|extracting|installing)/.test(line)) log(line.slice('I: '.length))
    },
  })
  await removeLeftOut(rootDirectory, recipe)
  await writeAptFiles(rootDirectory, sources, Object.keys(uploads))
}

function bootstrapArguments(
  recipe: ImageRecipe,
  uploads: Readonly<Record<string, string>>,
  proxies: readonly string[],
): string[] {
  const aptOptions = ['APT::Install-Recommends "false"', 'Acquire::Languages "none"', ...proxies]
  return [
    '--variant=apt',
    '--mode=root',
    '--format=directory',
    `--architectures=${debianArchs[recipe.arch]}`,
    ...aptOptions.map((option) => `--aptopt=${option}`),
    // What is left out stands in an uploaded file: given here, mmdebstrap would filter the first
    // packages itself, several times as slowly as it unpacks them.
    '--dpkgopt=force-unsafe-io',
    // The folders are merged from the start, so that no package has to move them.
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
    ...Object.entries(uploads).map(
      ([inside, file]) => `--setup-hook=upload ${quoted(file)} ${inside}`,
    ),
    `--include=${wantedPackages(recipe).join(',')}`,
  ]
}

/** What the recipe asks for in other words than packages. */
function wantedPackages(recipe: ImageRecipe): string[] {
  const implied = [
    ...(recipe.root === 'verity' ? ['cryptsetup-bin'] : []),
    ...(recipe.ssh.enabled ? ['openssh-server'] : []),
  ]
  return [...new Set([...recipe.packages, ...implied, recipe.kernel.package])]
}

/** As one word of a hook's text, which mmdebstrap splits as a shell does. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/** apt_preferences(5): a negative priority is never chosen. */
function avoidText(names: readonly string[]): string {
  return names.map((name) => `Package: ${name}\nPin: release *\nPin-Priority: -1\n`).join('\n')
}

/** A proxy that this machine's apt goes through is the only way out from many a rack. */
async function proxyOptions(): Promise<string[]> {
  const dump = await runTool('apt-config', ['dump', '--format', '%f "%v";%n'])
  return dump
    .split('\n')
    .filter((line) => /^Acquire::https?::Proxy(?:::\S+)? "[^"]+";$/i.test(line))
    .map((line) => line.replace(/;$/, ''))
}

async function writeAptFiles(
  rootDirectory: string,
  sources: readonly AptSource[],
  uploaded: readonly string[],
): Promise<void> {
  for (const path of leftByBootstrap) {
    await rm(join(rootDirectory, path), { recursive: true, force: true })
  }
  const folder = join(rootDirectory, 'etc/apt/sources.list.d')
  await mkdir(folder)
  await chmod(folder, 0o755)
  const list = 'etc/apt/sources.list'
  await writeFile(join(rootDirectory, list), formatAptSources(withoutCredentials(sources)))
  for (const path of [list, ...uploaded]) await chmod(join(rootDirectory, path), 0o644)
}
