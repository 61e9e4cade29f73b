import { createHash } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Logger } from '../../../base/logger.ts'
import { encodeFatVolume } from '../../../protocol/fat/encode-fat-volume.ts'
import { loneScript } from '../../../protocol/grub/boot-scripts.ts'
import type { ScriptDecider } from '../../domain/bootenv/boot-client.ts'
import { signedDiskPath } from '../../domain/bootenv/resolve-boot-file.ts'
import type { BootFile, BootFileRoute } from './boot-file.ts'
import { readScriptClient } from './boot-script-url.ts'
import { decidedScript } from './decided-script.ts'
import { openDiskBootFile } from './disk-boot-file.ts'
import { grubRenderer } from './render-boot-script.ts'

export interface SignedBootDiskOptions {
  readonly decider: ScriptDecider
  readonly logger: Logger
  /** Folder with vmlinuz and initramfs.zst as machines get them; the disk is made beside them. */
  readonly sledgehammerDirectory: string
}

/** Debian's packages `shim-signed` and `grub-efi-amd64-signed`; this GRUB has `/EFI/debian` built in. */
const loaders = {
  'EFI/BOOT/BOOTX64.EFI': '/usr/lib/shim/shimx64.efi.signed',
  'EFI/BOOT/grubx64.efi': '/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed',
}
const mebibyte = 1024 * 1024
/** Room for the longest script. */
const scriptBytes = 8192
/** Stands where the script will; nothing else on the disk has these bytes. */
const placeholder = Buffer.from('# the script of this boot #'.padEnd(scriptBytes - 1).concat('\n'))

interface MadeDisk {
  readonly path: string
  readonly scriptOffset: number
  readonly etag: string
}

/**
 * Answers `grub/secure-boot.img` over HTTP: a disk that UEFI firmware loads into RAM and boots from
 * (UEFI 2.10 §24.7.3), with shim, GRUB, kernel and initramfs, each signed or measured as on any disk.
 * Everything is the same for every machine but the script, which is decided when its bytes are read: a
 * HEAD decides nothing, and a download that breaks off and goes on has one size and one tag.
 */
export function signedBootDisk(options: SignedBootDiskOptions): BootFileRoute {
  let made: Promise<MadeDisk> | undefined
  const render = grubRenderer({ kernelFile: '/vmlinuz', initramfsFile: '/initramfs.zst' })
  return async (request) => {
    if (request.path !== signedDiskPath || request.transport !== 'http') return undefined
    const client = readScriptClient(request)
    made ??= makeDisk(options.sledgehammerDirectory)
    const disk = await made.catch((error: unknown) => {
      made = undefined
      throw error
    })
    const file = await openDiskBootFile(disk.path, {
      contentType: 'application/vnd.efi-img',
      etag: disk.etag,
    })
    if (file === undefined) return undefined
    const decide = async () =>
      scriptRegion(loneScript(await decidedScript(options, client, render)))
    return withRegion(file, disk.scriptOffset, decide)
  }
}

async function makeDisk(directory: string): Promise<MadeDisk> {
  const contents = Object.entries({
    ...loaders,
    vmlinuz: join(directory, 'vmlinuz'),
    'initramfs.zst': join(directory, 'initramfs.zst'),
  }).map(async ([path, source]) => ({ path, bytes: await readFile(source) }))
  const files = [
    ...(await Promise.all(contents)),
    { path: 'EFI/debian/grub.cfg', bytes: placeholder },
  ]
  const contentBytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0)
  const image = encodeFatVolume({
    label: 'REPAVE',
    serialNumber: 0x52455041,
    sectorBytes: 512,
    sizeBytes: (Math.ceil(contentBytes / mebibyte) + 2) * mebibyte,
    files,
  })
  const path = join(directory, 'secure-boot.img')
  await writeFile(`${path}.new`, image)
  await rename(`${path}.new`, path)
  const digest = createHash('sha256').update(image).digest('hex')
  return { path, scriptOffset: Buffer.from(image.buffer).indexOf(placeholder), etag: `"${digest}"` }
}

/** @throws {RangeError} when the script is longer than its place */
function scriptRegion(script: string): Uint8Array {
  if (script.length > scriptBytes) throw new RangeError(`a script of ${script.length} bytes`)
  const region = Buffer.alloc(scriptBytes, '\n')
  region.write(script, 'latin1')
  return region
}

/** The file with other bytes at one place; they are asked for once, when that place is read. */
function withRegion(
  file: BootFile,
  regionOffset: number,
  region: () => Promise<Uint8Array>,
): BootFile {
  let decided: Promise<Uint8Array> | undefined
  return {
    ...file,
    read: async (offset, length, into) => {
      const bytes = await file.read(offset, length, into)
      const start = Math.max(offset, regionOffset)
      const end = Math.min(offset + length, regionOffset + scriptBytes)
      if (start >= end) return bytes
      decided ??= region()
      const part = (await decided).subarray(start - regionOffset, end - regionOffset)
      bytes.set(part, start - offset)
      return bytes
    },
  }
}
