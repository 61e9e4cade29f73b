import type { z } from 'zod'

import { namedDocuments, readText, wholeFileFault } from './content-files.ts'
import type { DocumentFault } from './document-fault.ts'
import { readYamlDocument } from './yaml-document.ts'

/** Where something is wrong with a document although it fits its schema. */
export type FaultAt = (path: readonly PropertyKey[], message: string) => DocumentFault

export interface ShelfEntry<Document> {
  readonly file: string
  readonly document: Document
  readonly faultAt: FaultAt
}

/** The documents of one kind, by name. */
export class Shelf<Document extends { readonly name: string }> {
  readonly #folder: string
  readonly #fileName: string
  readonly #schemaFor: (text: string) => z.ZodType<Document>
  readonly #entries = new Map<string, ShelfEntry<Document>>()

  /** @param schema the one that fits a document's text, where a kind has several */
  constructor(
    folder: string,
    fileName: string,
    schema: z.ZodType<Document> | ((text: string) => z.ZodType<Document>),
  ) {
    this.#folder = folder
    this.#fileName = fileName
    this.#schemaFor = typeof schema === 'function' ? schema : () => schema
  }

  find(name: string): Document | undefined {
    return this.#entries.get(name)?.document
  }

  entries(): readonly ShelfEntry<Document>[] {
    return [...this.#entries.values()]
  }

  files(): readonly string[] {
    return this.entries().map((entry) => entry.file)
  }

  documents(): readonly Document[] {
    return this.entries().map((entry) => entry.document)
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
    const reading = readYamlDocument(file, text.content, this.#schemaFor(text.content))
    if (!reading.ok) return reading.faults
    const { value: document, faultAt } = reading
    if (document.name !== folderName) {
      const message = `the folder is called "${folderName}", the name inside is "${document.name}": make them equal`
      return [faultAt(['name'], message)]
    }
    this.#entries.set(folderName, { file, document, faultAt })
    return []
  }
}
