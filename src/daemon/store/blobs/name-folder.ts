import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { z } from 'zod'

import type { Digest } from '../../../base/digest.ts'
import { importProvenanceSchema } from '../../../contract/import-provenance.ts'
import { digestSchema, nameSchema, timeMsSchema } from '../../../contract/values.ts'
import { absentFile, replaceFile, syncDirectory } from './durable-files.ts'
import { StoredImageDamagedError } from './errors.ts'

/** What is known of one import: where the bytes came from, who brought them. */
const namedVersionSchema = z.strictObject({
  digest: digestSchema,
  importedAtMs: timeMsSchema,
  importedBy: z.string().optional(),
  provenance: importProvenanceSchema.optional(),
  signature: z.enum(['signed', 'unsigned']).default('signed'),
})
export type NamedVersion = Readonly<z.infer<typeof namedVersionSchema>>

/** `names/NAME.json`: which images a name stands for, oldest version first. */
const pointerSchema = z.strictObject({ versions: z.array(namedVersionSchema).min(1) })

/** Names whose file is kept as it was read: a rack that deploys asks for the same one again and again. */
const mostKept = 16

interface KeptName {
  /** Changes with whatever is done to the file. */
  readonly state: string
  readonly versions: readonly NamedVersion[]
}

/** The names of images. Changes are made one after the other, by whoever owns the folder. */
export class NameFolder {
  readonly #folder: string
  readonly #kept = new Map<string, KeptName>()

  constructor(folder: string) {
    this.#folder = folder
  }

  async list(): Promise<readonly string[]> {
    const files = await readdir(this.#folder)
    return files.flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []).sort()
  }

  /**
   * Oldest first; empty when nothing has that name.
   *
   * @throws {StoredImageDamagedError}
   */
  async versions(name: string): Promise<readonly NamedVersion[]> {
    if (!nameSchema.safeParse(name).success) return []
    const path = this.#path(name)
    const stats = await stat(path, { bigint: true }).catch(absentFile)
    if (stats === undefined) return []
    const state = [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ')
    const kept = this.#kept.get(name)
    if (kept?.state === state) return kept.versions
    const versions = await readVersions(path)
    this.#keep(name, { state, versions })
    return versions
  }

  /** Makes `version` the newest of the name. */
  async point(name: string, version: NamedVersion): Promise<void> {
    const others = await this.#without(name, [version.digest])
    await replaceFile(this.#path(name), JSON.stringify({ versions: [...others, version] }))
  }

  /** Takes versions off the name, and the name away with the last. */
  async forget(name: string, digests: readonly Digest[]): Promise<void> {
    const versions = await this.#without(name, digests)
    if (versions.length > 0) return replaceFile(this.#path(name), JSON.stringify({ versions }))
    await rm(this.#path(name), { force: true })
    await syncDirectory(this.#folder)
  }

  async #without(name: string, digests: readonly Digest[]): Promise<readonly NamedVersion[]> {
    return (await this.versions(name)).filter(({ digest }) => !digests.includes(digest))
  }

  #keep(name: string, kept: KeptName): void {
    this.#kept.delete(name)
    this.#kept.set(name, kept)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest)
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`)
  }
}

/** @throws {StoredImageDamagedError} */
async function readVersions(path: string): Promise<readonly NamedVersion[]> {
  const text = await readFile(path, 'utf8').catch(absentFile)
  if (text === undefined) return []
  try {
    return pointerSchema.parse(JSON.parse(text)).versions
  } catch (error) {
    throw new StoredImageDamagedError(path, error)
  }
}
