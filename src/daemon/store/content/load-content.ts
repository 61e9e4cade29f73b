import { stat } from 'node:fs/promises'

import type { z } from 'zod'

import { type BootEnv, bootEnvSchema } from '../../../contract/bootenv.ts'
import { type Workflow, workflowSchema } from '../../../contract/workflow.ts'
import type { Subnet } from '../../domain/lease/subnet.ts'
import type { ContentSource } from '../../domain/workflow/content-source.ts'
import { namedDocuments, readText, wholeFileFault } from './content-files.ts'
import { type DocumentFault, DocumentInvalidError } from './document-fault.ts'
import { loadSeeds } from './seeds/load-seeds.ts'
import { loadSubnets } from './subnets/load-subnets.ts'
import { readYamlDocument } from './yaml-document.ts'

export interface LoadedContent extends ContentSource {
  /** Files in use. */
  readonly files: readonly string[]
  readonly workflowNames: readonly string[]
  /** Networks whose machines get addresses. */
  readonly subnets: readonly Subnet[]
}

/**
 * Reads `bootenvs/NAME/bootenv.yaml`, `workflows/NAME/workflow.yaml`, `subnets/NAME/subnet.yaml` and
 * `seeds/NAME/seed.yaml` below
 * each directory; a later directory replaces what an earlier one calls by the same name. Whole or not at all.
 *
 * @throws {DocumentInvalidError} with the faults of every file
 */
export async function loadContent(directories: readonly string[]): Promise<LoadedContent> {
  const bootEnvs = new Shelf<BootEnv>('bootenvs', 'bootenv.yaml', bootEnvSchema)
  const workflows = new Shelf<Workflow>('workflows', 'workflow.yaml', workflowSchema)
  const faults: DocumentFault[] = []
  for (const directory of directories) {
    if (!(await isDirectory(directory))) faults.push(wholeFileFault(directory, 'no such directory'))
    faults.push(...(await bootEnvs.fill(directory)), ...(await workflows.fill(directory)))
  }
  const subnets = await loadSubnets(directories)
  const seeds = await loadSeeds(directories)
  faults.push(...subnets.faults, ...seeds.faults)
  if (faults.length > 0) throw new DocumentInvalidError(faults)
  return {
    bootEnv: (name) => bootEnvs.find(name),
    workflow: (name) => workflows.find(name),
    seedRole: (name) => seeds.roles.get(name),
    seedNames: () => [...seeds.roles.keys()],
    files: [...bootEnvs.files(), ...workflows.files(), ...subnets.files, ...seeds.files],
    workflowNames: workflows.names(),
    subnets: subnets.subnets,
  }
}

/** The documents of one kind, by name. */
class Shelf<Document extends { readonly name: string }> {
  readonly #folder: string
  readonly #fileName: string
  readonly #schema: z.ZodType<Document>
  readonly #documents = new Map<string, { readonly file: string; readonly document: Document }>()

  constructor(folder: string, fileName: string, schema: z.ZodType<Document>) {
    this.#folder = folder
    this.#fileName = fileName
    this.#schema = schema
  }

  find(name: string): Document | undefined {
    return this.#documents.get(name)?.document
  }

  files(): readonly string[] {
    return [...this.#documents.values()].map((entry) => entry.file)
  }

  names(): readonly string[] {
    return [...this.#documents.keys()]
  }

  /** Adds what stands below `directory`; returns what is wrong with it. */
  async fill(directory: string): Promise<readonly DocumentFault[]> {
    const faults: DocumentFault[] = []
    for (const { name, file } of await namedDocuments(directory, this.#folder, this.#fileName)) {
      faults.push(...(await this.#add(name, file)))
    }
    return faults
  }

  async #add(folderName: string, file: string): Promise<readonly DocumentFault[]> {
    const text = await readText(file)
    if (text.failure !== undefined) return [wholeFileFault(file, text.failure)]
    const reading = readYamlDocument(file, text.content, this.#schema)
    if (!reading.ok) return reading.faults
    if (reading.value.name !== folderName) {
      const message = `the folder is called "${folderName}", the name inside is "${reading.value.name}": make them equal`
      return [wholeFileFault(file, message)]
    }
    this.#documents.set(folderName, { file, document: reading.value })
    return []
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isDirectory() ?? false
}
