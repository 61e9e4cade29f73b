import { createHash } from 'node:crypto'
import { readdir, readFile, readlink, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'

import { type Document, isNode, LineCounter, parseDocument } from 'yaml'

import { messageOf } from '../../base/coded-error.ts'
import { type ImageRecipe, imageRecipeSchema } from '../../contract/image-recipe.ts'
import { ImageRecipeInvalidError, type RecipeFault } from '../errors.ts'

/** Longer files are refused before they are parsed. */
const maximumCharacters = 262_144

export type RecipeReading =
  | { readonly ok: true; readonly recipe: ImageRecipe }
  | { readonly ok: false; readonly faults: readonly RecipeFault[] }

/** Total: any text gives a recipe or every fault there is, each with its place. */
export function parseRecipe(text: string): RecipeReading {
  if (text.length > maximumCharacters) {
    return refusal(`longer than ${maximumCharacters} characters`)
  }
  const lines = new LineCounter()
  const faultAt = (offset: number, message: string): RecipeFault => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1), message }
  }
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
    const problems = [...document.errors, ...document.warnings]
    if (problems.length > 0) {
      return { ok: false, faults: problems.map((one) => faultAt(one.pos[0], one.message)) }
    }
    const checked = imageRecipeSchema.safeParse(document.toJS({ maxAliasCount: 100 }))
    if (checked.success) return { ok: true, recipe: checked.data }
    const faults = checked.error.issues.map(({ path, message }) =>
      faultAt(
        offsetOf(document, path),
        path.length === 0 ? message : `${path.join('.')}: ${message}`,
      ),
    )
    return { ok: false, faults }
  } catch (thrown) {
    return refusal(messageOf(thrown))
  }
}

function refusal(message: string): RecipeReading {
  return { ok: false, faults: [{ line: 1, column: 1, message }] }
}

/** Where the value at `path` stands, or the nearest mapping or list around it that exists. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown =
      length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

export interface LoadedRecipe {
  readonly recipe: ImageRecipe
  /** The folder copied over the root file system; it may be absent. */
  readonly filesDirectory: string
  /** 64 hex digits over image.yaml and every file beside it: equal folders, equal digits. */
  readonly inputDigest: string
}

/**
 * Reads `image.yaml` of a recipe's folder.
 *
 * @throws {ImageRecipeInvalidError} when it is missing or wrong
 */
export async function loadRecipe(recipeDirectory: string): Promise<LoadedRecipe> {
  const file = join(recipeDirectory, 'image.yaml')
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    throw new ImageRecipeInvalidError(file, [{ line: 1, column: 1, message: messageOf(thrown) }])
  })
  const reading = parseRecipe(text)
  if (!reading.ok) throw new ImageRecipeInvalidError(file, reading.faults)
  const folder = basename(resolve(recipeDirectory))
  if (reading.recipe.name !== folder) {
    const message = `the folder is called "${folder}", the name inside is "${reading.recipe.name}"`
    throw new ImageRecipeInvalidError(file, [{ line: 1, column: 1, message }])
  }
  const filesDirectory = join(recipeDirectory, 'files')
  const hash = createHash('sha256').update(text)
  for (const line of await describeTree(filesDirectory)) hash.update(`\n${line}`)
  return { recipe: reading.recipe, filesDirectory, inputDigest: hash.digest('hex') }
}

/** One line for each file below `directory`, in the order of their paths: path, mode and content. */
async function describeTree(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
  const paths = entries.map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
  paths.sort((left, right) => (left.path < right.path ? -1 : 1))
  const lines: string[] = []
  for (const { entry, path } of paths) {
    const name = path.slice(directory.length)
    if (entry.isSymbolicLink()) lines.push(`${name} -> ${await readlink(path)}`)
    if (!entry.isFile()) continue
    const content = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    const { mode } = await stat(path)
    lines.push(`${name} ${(mode & 0o100) === 0 ? 'plain' : 'executable'} ${content}`)
  }
  return lines
}
