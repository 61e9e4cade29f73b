import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { runTool } from '../run-tool.ts'
import type { Extent } from './disk-layout.ts'

export interface Ext4Options {
  /** The file system is written into it in place. */
  readonly file: string
  readonly extent: Extent
  readonly label: string
  /** Of the file system, and the seed of its folders' order. */
  readonly guid: string
  /** What goes into it; it stays empty without. */
  readonly directory?: string
  readonly workDirectory: string
  readonly sourceDateEpoch: number
}

/**
 * Makes an ext4 file system, the same bytes for the same folder.
 *
 * @throws {ImageBuildStepError} when it has no room for the folder
 */
export async function makeExt4(options: Ext4Options): Promise<void> {
  const { file, extent, guid, label, directory } = options
  // GRUB 2.06 reads neither of these two features.
  const features = '^orphan_file,^metadata_csum_seed'
  const extended = [
    `offset=${extent.offsetBytes}`,
    `hash_seed=${guid}`,
    // Every byte not written is zero, on the machine too: nothing to clear at the first mount.
    'assume_storage_prezeroed=1',
    'nodiscard',
  ]
  const env = { E2FSPROGS_FAKE_TIME: String(options.sourceDateEpoch), MKE2FS_SYNC: '0' }
  const shape = ['-q', '-F', '-t', 'ext4', '-b', '4096', '-m', '1', '-J', 'size=16']
  const identity = ['-O', features, '-E', extended.join(','), '-U', guid, '-L', label]
  const content = directory === undefined ? [] : ['-d', directory]
  const blocks = String(extent.sizeBytes / 4096)
  await runTool('mke2fs', [...shape, ...identity, ...content, file, blocks], { env })
  await evenInodeTimes(options, `${file}?offset=${extent.offsetBytes}`, env)
}

/** The folder's own times of last access and change went in with it, and nothing can set those outside. */
async function evenInodeTimes(
  { workDirectory, sourceDateEpoch }: Ext4Options,
  device: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const facts = await runTool('dumpe2fs', ['-h', device])
  const count = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)$`, 'm').exec(facts)?.[1] ?? Number.NaN)
  const first = count('First inode')
  // They are handed out one after the other.
  const last = count('Inode count') - count('Free inodes')
  const commands: string[] = []
  for (let inode = first; inode <= last; inode++) {
    for (const field of ['atime', 'ctime']) {
      commands.push(`set_inode_field <${inode}> ${field} @${sourceDateEpoch}\n`)
    }
  }
  const script = join(workDirectory, 'inode-times')
  await writeFile(script, commands.join(''))
  await runTool('debugfs', ['-w', '-f', script, device], { env })
}

/**
 * Makes a squashfs of a folder, without what lies in its `/boot`.
 *
 * @throws {ImageBuildStepError} when mksquashfs fails
 */
export async function makeSquashfs(
  directory: string,
  file: string,
  sourceDateEpoch: number,
): Promise<void> {
  const compression = ['-comp', 'zstd', '-Xcompression-level', '12', '-b', '256K']
  const even = ['-reproducible', '-mkfs-time', String(sourceDateEpoch), '-no-exports']
  const quiet = ['-quiet', '-no-progress', '-noappend']
  const options = [...compression, ...even, ...quiet]
  await runTool('mksquashfs', [directory, file, ...options, '-wildcards', '-e', 'boot/*'])
}
