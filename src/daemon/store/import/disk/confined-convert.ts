import { spawn } from 'node:child_process'
import { once } from 'node:events'

import { inertText } from '../../../../base/ascii.ts'
import { GIBIBYTE } from '../../../../base/byte-size.ts'
import { ImageSpaceError } from '../../blobs/errors.ts'
import { ImageDamagedError, ImportSandboxError, ImportToolMissingError } from '../errors.ts'

/** The name of the format in QEMU's words. */
export type QemuDriver = 'vmdk' | 'vpc' | 'vhdx'

export interface ConfinedConversion {
  readonly driver: QemuDriver
  readonly imagePath: string
  /** Exists and is empty. */
  readonly rawPath: string
  readonly virtualBytes: number
  readonly signal?: AbortSignal | undefined
}

const messageBytes = 2000
const packages = ['bubblewrap', 'qemu-utils', 'util-linux']
const mostSeconds = 3600

/**
 * Converts a disk format by qemu-img in a sandbox: no network, no processes but its own, no files but
 * its libraries and the image (read only) and the raw disk; bounded memory, time and output. The
 * image's header has been inspected before: this is the second wall.
 *
 * @throws {ImportToolMissingError} when a program is not installed
 * @throws {ImportSandboxError} when the sandbox cannot be made here
 * @throws {ImageDamagedError} when qemu-img cannot read the file
 */
export async function convertConfined(conversion: ConfinedConversion): Promise<void> {
  const child = spawn('bwrap', sandboxArguments(conversion), {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    killSignal: 'SIGKILL',
    ...(conversion.signal === undefined ? {} : { signal: conversion.signal }),
  })
  let message = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (message.length < messageBytes) message += text
  })
  const failed = once(child, 'error').then(([error]: unknown[]) => {
    conversion.signal?.throwIfAborted()
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ENOENT' ? missing(conversion.driver) : error
  })
  const exitCode = await Promise.race([
    once(child, 'close').then(([code]: unknown[]) => code),
    failed,
  ])
  if (exitCode === 0) return
  const said = inertText(message.trim(), messageBytes)
  if (exitCode === 127 || /execvp .*: No such file/.test(said)) throw missing(conversion.driver)
  if (said.startsWith('bwrap: ')) {
    throw new ImportSandboxError(formatOf(conversion.driver), said.slice('bwrap: '.length))
  }
  if (/No space left on device/.test(said)) {
    throw new ImageSpaceError(0, 'the file system filled up while the image was unpacked')
  }
  throw new ImageDamagedError(said || 'qemu-img gave up')
}

function missing(driver: QemuDriver): ImportToolMissingError {
  return new ImportToolMissingError(formatOf(driver), packages)
}

function formatOf(driver: QemuDriver): string {
  return driver === 'vpc' ? 'vhd' : driver
}

function sandboxArguments({
  driver,
  imagePath,
  rawPath,
  virtualBytes,
}: ConfinedConversion): readonly string[] {
  const libraries = ['--ro-bind', '/usr', '/usr']
  for (const name of ['bin', 'lib', 'lib64']) libraries.push('--symlink', `usr/${name}`, `/${name}`)
  const files = ['--ro-bind', imagePath, '/image', '--bind', rawPath, '/disk', '--dev', '/dev']
  const bounds = [
    `--as=${4 * GIBIBYTE}`,
    `--fsize=${virtualBytes}`,
    `--cpu=${mostSeconds}`,
    '--nofile=64',
    '--core=0',
  ]
  // The size in the footer counts, not the one that follows from the geometry beside it.
  const size = driver === 'vpc' ? ',force_size_calc=current_size' : ''
  const image = `driver=${driver}${size},file.driver=file,file.filename=/image`
  return [
    ...['--unshare-all', '--die-with-parent', '--new-session', '--cap-drop', 'ALL'],
    ...libraries,
    ...files,
    ...['--', 'prlimit', ...bounds, '--'],
    ...['qemu-img', 'convert', '--image-opts', image, '-O', 'raw', '/disk'],
  ]
}
