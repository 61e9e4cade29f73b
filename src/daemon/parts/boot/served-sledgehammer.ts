import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { asciiBytes } from '../../../base/ascii.ts'
import { CodedError } from '../../../base/coded-error.ts'
import type { Logger } from '../../../base/logger.ts'
import { encodeNewc } from '../../../protocol/cpio/encode-newc.ts'

/** A key whose images agents write. */
export interface TrustedKey {
  /** First 16 hex digits of the sha256 of the raw public key. */
  readonly keyId: string
  /** Raw ed25519 public key. */
  readonly publicKeyBase64: string
}

/** What belongs to this site and not to the build. */
export interface SiteTrust {
  readonly keys: readonly TrustedKey[]
  /** Whom the agent speaks TLS with, PEM; absent where it does not. */
  readonly authority?: string | undefined
}

export interface SledgehammerFolders {
  /** Where `repave sledgehammer build` puts vmlinuz and initramfs.zst. */
  readonly built: string
  /** Where what machines get is put together. */
  readonly served: string
}

export interface PrepareOptions {
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Fills the folder and resolves to an exit code; by default `repave sledgehammer build`. */
  readonly build?: (directory: string, signal: AbortSignal) => Promise<number>
}

/** The in-RAM Linux is not there and could not be built. */
export class SledgehammerMissingError extends CodedError {
  readonly code = 'ERR_SLEDGEHAMMER_MISSING'
  readonly directory: string

  constructor(directory: string, exitCode: number) {
    super(`repave sledgehammer build ended with code ${exitCode}; its own message stands above`, {
      remedy: `repave sledgehammer build --output ${directory}`,
    })
    this.directory = directory
  }
}

const kernel = 'vmlinuz'
const initramfs = 'initramfs.zst'
/** Where the agent looks for them. */
const trustedKeysPath = 'etc/repave/trusted-keys.json'
const authorityPath = 'etc/repave/authority.pem'

/**
 * Puts together what machines boot into RAM: kernel and initramfs as built (once, when they are not
 * there), with our signing keys and our authority in a second archive behind the first. The build is the same bytes on
 * every site; the kernel unpacks archives one after the other
 * (linux/Documentation/driver-api/early-userspace/buffer-format.rst), so they arrive in the same file.
 *
 * @throws {SledgehammerMissingError} when the build fails
 */
export async function prepareSledgehammer(
  folders: SledgehammerFolders,
  trust: SiteTrust,
  { logger, signal, build = buildInChild }: PrepareOptions,
): Promise<void> {
  if (!(await isBuilt(folders.built))) {
    const directory = folders.built
    logger.info({ directory }, 'building sledgehammer: minutes the first time, then never again')
    const exitCode = await build(directory, signal)
    signal.throwIfAborted()
    if (exitCode !== 0) throw new SledgehammerMissingError(directory, exitCode)
  }
  await mkdir(folders.served, { recursive: true })
  await replaceFile(join(folders.served, kernel), (path) =>
    copyFile(join(folders.built, kernel), path),
  )
  await publishSiteTrust(folders, trust)
}

/** Serves the initramfs with this trust in it from now on; a transfer under way gets the old file to its end. */
export async function publishSiteTrust(
  folders: SledgehammerFolders,
  trust: SiteTrust,
): Promise<void> {
  await replaceFile(join(folders.served, initramfs), async (path) => {
    await copyFile(join(folders.built, initramfs), path)
    await appendArchive(path, trust)
  })
}

async function isBuilt(directory: string): Promise<boolean> {
  const files = await Promise.all(
    [kernel, initramfs].map((name) => stat(join(directory, name)).catch(() => undefined)),
  )
  return files.every((file) => file?.isFile() && file.size > 0)
}

/** A child process, because the daemon knows nothing of how Linux is built. */
async function buildInChild(directory: string, signal: AbortSignal): Promise<number> {
  const program = fileURLToPath(new URL('../../../../bin/repave', import.meta.url))
  const child = spawn(program, ['sledgehammer', 'build', '--output', directory], {
    stdio: ['ignore', 2, 2],
  })
  const stop = () => child.kill()
  signal.addEventListener('abort', stop)
  try {
    const [exitCode] = (await once(child, 'exit')) as [number | null]
    return exitCode ?? 1
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Appended archives begin at a multiple of four bytes, or the kernel does not see them. */
async function appendArchive(path: string, { keys, authority }: SiteTrust): Promise<void> {
  const texts = [
    { path: trustedKeysPath, text: JSON.stringify(keys) },
    ...(authority === undefined ? [] : [{ path: authorityPath, text: authority }]),
  ]
  const entries = texts.map(({ path: place, text }) => ({
    ...{ type: 'file' as const, path: place, bytes: asciiBytes(text) },
  }))
  const archive = Buffer.concat([...encodeNewc(entries)])
  await using file = await open(path, 'a')
  const { size } = await file.stat()
  await file.appendFile(Buffer.alloc((4 - (size % 4)) % 4))
  await file.appendFile(archive)
  await file.sync()
}

/** Readers see the old file or the new one, whole. */
async function replaceFile(path: string, write: (path: string) => Promise<void>): Promise<void> {
  const draft = `${path}.new`
  await write(draft)
  await rename(draft, path)
}
