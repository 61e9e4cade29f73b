import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { type Digest, digestHex, readDigest } from '../../../base/digest.ts'
import {
  type ImageManifest,
  type SignedManifest,
  signedManifestSchema,
} from '../../../contract/image-manifest.ts'
import { readManifest } from '../../../contract/read-manifest.ts'
import { absentFile, replaceFile, syncDirectory } from './durable-files.ts'
import { StoredImageDamagedError } from './errors.ts'

export interface ManifestFile {
  readonly signed: SignedManifest
  readonly manifest: ImageManifest
  /** When it was stored. */
  readonly storedAtMs: number
}

/** Manifests that are kept as they were read: a rack that deploys asks for the same one again and again. */
const mostKept = 4
/** Of an image of 16 GiB; what has more is read anew each time. */
const mostKeptChunks = 4096

interface KeptFile {
  /** Changes with whatever is done to the file. */
  readonly state: string
  readonly file: ManifestFile
}

/**
 * `by-digest/HEX/`: the signed manifest of each image, and why it is in quarantine if it is. Only who has this object
 * puts images into quarantine and takes them out of it.
 */
export class ManifestFolder {
  readonly #folder: string
  readonly #kept = new Map<Digest, KeptFile>()
  /** Asked for with every look at an image; undefined where there is no quarantine. */
  readonly #reasons = new Map<Digest, Promise<string | undefined>>()

  constructor(folder: string) {
    this.#folder = folder
  }

  async list(): Promise<readonly Digest[]> {
    const folders = await readdir(this.#folder)
    return folders.flatMap((hex) => readDigest(`sha256:${hex}`) ?? [])
  }

  async has(digest: Digest): Promise<boolean> {
    return (await stat(this.#path(digest, manifestFile)).catch(absentFile)) !== undefined
  }

  /**
   * Undefined when there is none.
   *
   * @throws {StoredImageDamagedError}
   */
  async read(digest: Digest): Promise<ManifestFile | undefined> {
    const path = this.#path(digest, manifestFile)
    const stats = await stat(path, { bigint: true }).catch(absentFile)
    if (stats === undefined) return undefined
    const state = [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
    const kept = this.#kept.get(digest)
    if (kept?.state === state) return kept.file
    const read = await readManifestFile(path)
    if (read === undefined) return undefined
    const file = { ...read, storedAtMs: Math.round(Number(stats.mtimeNs) / 1_000_000) }
    this.#keep(digest, { state, file })
    return file
  }

  async write(digest: Digest, signed: SignedManifest): Promise<void> {
    await mkdir(join(this.#folder, digestHex(digest)), { recursive: true })
    await syncDirectory(this.#folder)
    await replaceFile(this.#path(digest, manifestFile), JSON.stringify(signed))
  }

  /** The manifest first, under a name that nobody looks for: half a removal leaves no image. */
  async remove(digest: Digest): Promise<void> {
    const folder = join(this.#folder, digestHex(digest))
    const doomed = `${folder}.removed`
    await rename(folder, doomed)
    this.#reasons.delete(digest)
    await rm(doomed, { recursive: true })
    await syncDirectory(this.#folder)
  }

  /** Why the image is in quarantine; undefined when it is not. */
  quarantineReason(digest: Digest): Promise<string | undefined> {
    const known = this.#reasons.get(digest)
    if (known !== undefined) return known
    const reading = readFile(this.#path(digest, quarantineFile), 'utf8').catch(absentFile)
    this.#reasons.set(digest, reading)
    reading.catch(() => this.#reasons.delete(digest))
    return reading
  }

  async quarantine(digest: Digest, reason: string): Promise<void> {
    await replaceFile(this.#path(digest, quarantineFile), reason)
    this.#reasons.set(digest, Promise.resolve(reason))
  }

  async release(digest: Digest): Promise<void> {
    await rm(this.#path(digest, quarantineFile), { force: true })
    this.#reasons.set(digest, Promise.resolve(undefined))
  }

  #keep(digest: Digest, kept: KeptFile): void {
    this.#kept.delete(digest)
    if (kept.file.manifest.chunks.length > mostKeptChunks) return
    this.#kept.set(digest, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest)
  }

  #path(digest: Digest, file: string): string {
    return join(this.#folder, digestHex(digest), file)
  }
}

const manifestFile = 'manifest.json'
const quarantineFile = 'quarantine.txt'

/** @throws {StoredImageDamagedError} */
async function readManifestFile(
  path: string,
): Promise<Omit<ManifestFile, 'storedAtMs'> | undefined> {
  const text = await readFile(path, 'utf8').catch(absentFile)
  if (text === undefined) return undefined
  let signed: SignedManifest
  try {
    signed = signedManifestSchema.parse(JSON.parse(text))
  } catch (error) {
    throw new StoredImageDamagedError(path, error)
  }
  const reading = readManifest(signed.manifest)
  if (!reading.ok) throw new StoredImageDamagedError(path, reading.reason)
  return { signed, manifest: reading.manifest }
}
