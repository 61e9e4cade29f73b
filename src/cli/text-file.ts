import { readFile } from 'node:fs/promises'

import { FileUnusableError } from './errors.ts'

/** A file that a person names on the command line. @throws {FileUnusableError} */
export async function readTextFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (thrown) {
    throw new FileUnusableError(`cannot read ${file}`, { cause: thrown })
  }
}
