import {
  access,
  chmod,
  glob,
  lstat,
  lutimes,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'

import type { ImageRecipe } from '../../contract/image-recipe.ts'
import { type BootFacts, fileSystemTable, grubConfig } from '../disk/boot-files.ts'
import { copyFilesOver } from './copy-files.ts'
import { ImageBuildStepError } from '../errors.ts'
import { runTool } from '../run-tool.ts'

export interface FinishOptions {
  readonly recipe: ImageRecipe
  readonly filesDirectory: string
  readonly rootDirectory: string
  readonly boot: BootFacts
  /** Seconds since 1970: nothing in the image is younger. */
  readonly sourceDateEpoch: number
}

/** What a machine must make itself, and what only this build knew. */
const leftovers = [
  'etc/ssh/ssh_host_*',
  'etc/*-',
  'etc/.pwd.lock',
  'var/lib/dbus/machine-id',
  'var/lib/systemd/random-seed',
  'var/lib/apt/lists/*',
  'var/cache/apt/**',
  'var/cache/debconf/*-old',
  'var/cache/ldconfig/aux-cache',
  'var/lib/dpkg/*-old',
  'var/log/**',
  'tmp/*',
  'run/*',
]

/**
 * Turns installed packages into a system that boots anywhere: the recipe's files and units, the boot
 * configuration, one initramfs, and nothing left that tells one machine from another.
 *
 * @throws {ImageBuildStepError} when a unit is unknown or the initramfs cannot be made
 */
export async function finishRoot(options: FinishOptions): Promise<void> {
  const { recipe, filesDirectory, rootDirectory, boot } = options
  if ((await stat(filesDirectory).catch(() => undefined)) !== undefined) {
    await copyFilesOver(filesDirectory, rootDirectory)
  }
  await writeSystemFiles(rootDirectory, boot)
  await setUnits(rootDirectory, recipe)
  await makeInitramfs(rootDirectory)
  await removeLeftovers(rootDirectory)
  await clampTimes(rootDirectory, options.sourceDateEpoch)
}

async function writeSystemFiles(rootDirectory: string, boot: BootFacts): Promise<void> {
  const write = async (path: string, text: string) => {
    const file = join(rootDirectory, path)
    await rm(file, { force: true })
    await writeFile(file, text)
    await chmod(file, 0o644)
  }
  await mkdir(join(rootDirectory, 'boot/grub'), { recursive: true })
  await write('boot/grub/grub.cfg', grubConfig(boot))
  await write('etc/fstab', fileSystemTable(boot))
  await write('etc/hostname', 'localhost\n')
  await write('etc/hosts', '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n')
  // Empty, not absent: systemd makes an identity at boot, without the rites of a first boot.
  await write('etc/machine-id', '')
  // mmdebstrap leaves the building machine's name servers here.
  await rm(join(rootDirectory, 'etc/resolv.conf'), { force: true })
  await symlink(
    '../../run/systemd/resolve/stub-resolv.conf',
    join(rootDirectory, 'etc/resolv.conf'),
  )
}

async function setUnits(rootDirectory: string, { units }: ImageRecipe): Promise<void> {
  for (const verb of ['enable', 'disable', 'mask'] as const) {
    const names = units[verb]
    if (names.length > 0) await runTool('chroot', [rootDirectory, 'systemctl', verb, ...names])
  }
}

async function makeInitramfs(rootDirectory: string): Promise<void> {
  const versions = await readdir(join(rootDirectory, 'usr/lib/modules'))
  const version = versions.length === 1 ? versions[0] : undefined
  if (version === undefined) {
    throw new ImageBuildStepError(
      'finding the kernel',
      `modules of: ${versions.join(' ') || 'none'}`,
    )
  }
  await runTool('chroot', [rootDirectory, 'update-initramfs', '-c', '-k', version])
  for (const [link, file] of [
    ['vmlinuz', `boot/vmlinuz-${version}`],
    ['initrd.img', `boot/initrd.img-${version}`],
  ] as const) {
    await access(join(rootDirectory, file))
    await rm(join(rootDirectory, link), { force: true })
    await symlink(file, join(rootDirectory, link))
    await rm(join(rootDirectory, `${link}.old`), { force: true })
  }
}

async function removeLeftovers(rootDirectory: string): Promise<void> {
  for await (const entry of glob(leftovers, { cwd: rootDirectory, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    // Folders of logs and caches belong to their packages and stay, empty.
    if (entry.isDirectory() && !/\/(?:tmp|run|lists)$/.test(entry.parentPath)) continue
    await rm(path, { force: true, recursive: true })
  }
}

/** What a package brought keeps its date; what this build wrote gets one that the build's day decides. */
async function clampTimes(directory: string, latestSeconds: number): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) await clampTimes(path, latestSeconds)
    else await clampTime(path, latestSeconds)
  }
  await clampTime(directory, latestSeconds)
}

async function clampTime(path: string, latestSeconds: number): Promise<void> {
  const { mtimeMs } = await lstat(path)
  if (mtimeMs > latestSeconds * 1000) await lutimes(path, latestSeconds, latestSeconds)
}

/** The installed packages, one `name version` a line, in the order of their names. */
export async function listPackages(rootDirectory: string): Promise<string> {
  const format = '${binary:Package} ${Version}\\n'
  const listed = await runTool('dpkg-query', [
    `--admindir=${join(rootDirectory, 'var/lib/dpkg')}`,
    ...['-W', '-f', format],
  ])
  return listed.split('\n').sort().join('\n')
}

/** `12.12`, from /etc/debian_version. */
export async function debianRelease(rootDirectory: string): Promise<string> {
  return (await readFile(join(rootDirectory, 'etc/debian_version'), 'utf8')).trim()
}
