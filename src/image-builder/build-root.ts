import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ImageRecipe } from '../contract/image-recipe.ts'
import { type AptSource, formatAptSources, withoutCredentials } from './apt-sources.ts'
import { runTool } from './run-tool.ts'

export interface RootOptions {
  readonly recipe: ImageRecipe
  readonly sources: readonly AptSource[]
  /** Made by this call; must not exist. */
  readonly rootDirectory: string
  readonly workDirectory: string
  readonly log: (line: string) => void
}

/** mmdebstrap leaves the options it was given behind under this name. */
const leftOptions = ['etc/apt/apt.conf.d/99mmdebstrap', 'etc/dpkg/dpkg.cfg.d/99mmdebstrap']

/**
 * Installs the recipe's packages into a folder. The kernel's initramfs is not made yet: it would be
 * made twice, and without the recipe's own files.
 *
 * @throws {ImageBuildStepError} when a package cannot be fetched or installed
 */
export async function buildRoot(options: RootOptions): Promise<void> {
  const { recipe, sources, rootDirectory, workDirectory, log } = options
  const sourcesFile = join(workDirectory, 'sources.list')
  const preferences = join(workDirectory, 'preferences')
  await writeFile(sourcesFile, formatAptSources(sources), { mode: 0o600 })
  await writeFile(preferences, avoidPackages(recipe.avoid))
  const args = bootstrapArguments(recipe, preferences, await proxyOptions())
  log(`installing ${recipe.packages.length} packages and the kernel of Debian ${recipe.suite}`)
  await runTool('mmdebstrap', [...args, recipe.suite, rootDirectory, sourcesFile], {
    // No SOURCE_DATE_EPOCH: under it Python's compiler makes modules that are hashed at every import.
    env: { INITRD: 'No', TMPDIR: workDirectory },
    onLine: (line) => {
      if (/^I: (?:downloading|extracting|installing)/.test(line)) log(line.slice('I: '.length))
    },
  })
  for (const path of leftOptions) await rm(join(rootDirectory, path), { force: true })
  await writeAptFiles(recipe, sources, rootDirectory)
}

function bootstrapArguments(
  recipe: ImageRecipe,
  preferences: string,
  proxies: readonly string[],
): string[] {
  const aptOptions = ['APT::Install-Recommends "false"', 'Acquire::Languages "none"', ...proxies]
  const dpkgOptions = ['force-unsafe-io', ...leaveOutOptions(recipe)]
  const quoted = `'${preferences.replaceAll("'", String.raw`'\''`)}'`
  return [
    '--variant=apt',
    '--mode=root',
    '--format=directory',
    `--architectures=${debianArch(recipe.arch)}`,
    ...aptOptions.map((option) => `--aptopt=${option}`),
    ...dpkgOptions.map((option) => `--dpkgopt=${option}`),
    // The folders are merged from the start, so that no package has to move them.
    '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
    `--setup-hook=upload ${quoted} /etc/apt/preferences.d/repave-image`,
    `--include=${[...recipe.packages, recipe.kernel.package].join(',')}`,
  ]
}

const debianArchs = { x86_64: 'amd64', aarch64: 'arm64' } as const

function debianArch(arch: ImageRecipe['arch']): string {
  return debianArchs[arch]
}

function leaveOutOptions(recipe: ImageRecipe): string[] {
  return [
    ...recipe.leaveOut.map((path) => `path-exclude=${path}`),
    ...recipe.keep.map((path) => `path-include=${path}`),
  ]
}

/** apt_preferences(5): a negative priority is never chosen. */
function avoidPackages(names: readonly string[]): string {
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
  recipe: ImageRecipe,
  sources: readonly AptSource[],
  rootDirectory: string,
): Promise<void> {
  const write = (path: string, text: string) => writeFile(join(rootDirectory, path), text)
  // mmdebstrap keeps what it was given here, credentials and all.
  await rm(join(rootDirectory, 'etc/apt/sources.list.d'), { recursive: true, force: true })
  await mkdir(join(rootDirectory, 'etc/apt/sources.list.d'))
  await write('etc/apt/sources.list', formatAptSources(withoutCredentials(sources)))
  await mkdir(join(rootDirectory, 'etc/dpkg/dpkg.cfg.d'), { recursive: true })
  const excludes = leaveOutOptions(recipe).map((option) => `${option}\n`)
  await write('etc/dpkg/dpkg.cfg.d/repave-image', excludes.join(''))
}
