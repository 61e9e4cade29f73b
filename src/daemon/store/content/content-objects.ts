import { parseDocument } from 'yaml'

import type { ContentValue } from '../../../contract/content-documents.ts'
import { contentKinds } from '../../../contract/content-kinds.ts'
import type { ContentObject } from '../../domain/content/content-object.ts'
import { namedDocuments, readText } from './content-files.ts'

/** Every document below the directories as it was written; a later directory replaces what an earlier one has. */
export async function readContentObjects(
  directories: readonly string[],
): Promise<readonly ContentObject[]> {
  const objects = new Map<string, ContentObject>()
  for (const [layer, directory] of directories.entries()) {
    for (const { kind, folder, fileName } of contentKinds) {
      for (const { name, file } of await namedDocuments(directory, folder, fileName)) {
        const key = `${kind}/${name}`
        const replaced = objects.get(key)
        const value = await readValue(file)
        objects.set(key, {
          ...{ kind, name, file, layer, value },
          ...(replaced === undefined ? {} : { replaces: replaced.layer }),
        })
      }
    }
  }
  return [...objects.values()]
}

/** Whether it is right is judged where it is loaded. */
async function readValue(file: string): Promise<ContentValue> {
  const text = await readText(file)
  if (text.failure !== undefined) return null
  return parseDocument(text.content, { stringKeys: true }).toJS({
    maxAliasCount: 100,
  }) as ContentValue
}
