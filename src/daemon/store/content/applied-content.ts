import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { z } from 'zod'

import type { ContentFile } from '../../../contract/content-documents.ts'
import { absentFile, replaceFile, syncDirectory } from '../blobs/durable-files.ts'

const recordSchema = z.object({
  revision: z.number().int().positive(),
  appliedAtMs: z.number().int(),
  appliedBy: z.string(),
})
/** Which content was applied last, when and by whom. */
export type AppliedRecord = z.infer<typeof recordSchema>

/**
 * Content that was applied over the API, below the data directory: a folder a revision, and the file
 * `current`, which names the one in force and is replaced in one step.
 */
export class AppliedContent {
  readonly #directory: string
  #record: AppliedRecord | undefined

  private constructor(directory: string, record: AppliedRecord | undefined) {
    this.#directory = directory
    this.#record = record
  }

  static async open(directory: string): Promise<AppliedContent> {
    const text = await readFile(join(directory, 'current'), 'utf8').catch(absentFile)
    return new AppliedContent(
      directory,
      text === undefined ? undefined : recordSchema.parse(JSON.parse(text)),
    )
  }

  /** Undefined where nothing was ever applied. */
  get record(): AppliedRecord | undefined {
    return this.#record
  }

  /** The content folder in force, where there is one. */
  get folder(): string | undefined {
    return this.#record === undefined ? undefined : this.#folderOf(this.#record.revision)
  }

  /** Puts files beside what is in force; {@link keep} or {@link forget} says what becomes of them. */
  async draft(files: readonly ContentFile[]): Promise<string> {
    const folder = this.#folderOf((this.#record?.revision ?? 0) + 1)
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const { path, text } of files) {
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      await using handle = await open(file, 'w')
      await handle.writeFile(text)
      await handle.sync()
    }
    const entries = await readdir(folder, { withFileTypes: true, recursive: true })
    for (const entry of entries.filter((one) => one.isDirectory())) {
      await syncDirectory(join(entry.parentPath, entry.name))
    }
    await syncDirectory(folder)
    await syncDirectory(this.#directory)
    return folder
  }

  /** The draft is in force from now on, after a power cut too. */
  async keep(appliedAtMs: number, appliedBy: string): Promise<void> {
    const before = this.#record
    const revision = (before?.revision ?? 0) + 1
    const record = { revision, appliedAtMs, appliedBy }
    await replaceFile(join(this.#directory, 'current'), `${JSON.stringify(record)}\n`)
    this.#record = record
    if (before !== undefined) await this.#remove(before.revision)
  }

  async forget(): Promise<void> {
    await this.#remove((this.#record?.revision ?? 0) + 1)
  }

  async #remove(revision: number): Promise<void> {
    await rm(this.#folderOf(revision), { recursive: true, force: true })
  }

  #folderOf(revision: number): string {
    return join(this.#directory, `revision-${revision}`)
  }
}
