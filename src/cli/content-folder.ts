import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { nearestWord } from '../base/nearest-word.ts'
import type { ContentFile } from '../contract/content-documents.ts'
import { contentKinds } from '../contract/content-kinds.ts'
import { FileUnusableError } from './errors.ts'
import { readTextFile } from './text-file.ts'

export interface ContentFolder {
  readonly files: readonly ContentFile[]
  /** Folders that look like a slip of the pen. */
  readonly doubts: readonly string[]
}

const folderNames = contentKinds.map(({ folder }) => folder)

/** Every document below `folder`, as the daemon takes them. @throws {FileUnusableError} */
export async function readContentFolder(folder: string): Promise<ContentFolder> {
  const files: ContentFile[] = []
  for (const { folder: kindFolder, fileName } of contentKinds) {
    for (const name of await foldersIn(join(folder, kindFolder))) {
      const path = `${kindFolder}/${name}/${fileName}`
      files.push({ path, text: await readTextFile(join(folder, path)) })
    }
  }
  const doubts = (await foldersIn(folder, true)).flatMap((name) => {
    const nearest = folderNames.find((known) => known === name) ?? nearestWord(name, folderNames)
    return nearest === undefined || nearest === name
      ? []
      : [`${join(folder, name)} is not looked at: did you mean ${nearest}?`]
  })
  if (files.length === 0) {
    throw new FileUnusableError(`${folder} holds no content`, {
      remedy: `it has folders such as ${folderNames.slice(0, 3).join(', ')}, a folder a document in each`,
    })
  }
  return { files, doubts }
}

async function foldersIn(directory: string, isRequired = false): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort()
  } catch (thrown) {
    if (!isRequired && (thrown as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new FileUnusableError(`cannot read ${directory}`, { cause: thrown })
  }
}
