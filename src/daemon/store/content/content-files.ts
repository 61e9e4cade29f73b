import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { messageOf } from '../../../base/coded-error.ts'
import type { DocumentFault } from './document-fault.ts'

/** `FOLDER/NAME/FILE` below `directory`, by name; none where there is no such folder. */
export async function namedDocuments(
  directory: string,
  folder: string,
  fileName: string,
): Promise<readonly { readonly name: string; readonly file: string }[]> {
  const names = await subfolders(join(directory, folder))
  return names.map((name) => ({ name, file: join(directory, folder, name, fileName) }))
}

async function subfolders(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort()
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw thrown
  }
}

export type TextReading =
  { readonly content: string; readonly failure?: never } | { readonly failure: string }

export async function readText(file: string): Promise<TextReading> {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true })
    return { content: decoder.decode(await readFile(file)) }
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT') return { failure: 'missing: a folder here must hold this file' }
    return { failure: messageOf(thrown) }
  }
}

export function wholeFileFault(file: string, message: string): DocumentFault {
  return { file, line: 1, column: 1, path: '', message, sourceLine: '' }
}
