import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

import { messageOf } from '../../base/coded-error.ts'
import { nearestWord } from '../../base/nearest-word.ts'
import type { ImageRecipe } from '../../contract/image-recipe.ts'
import { ImageRecipeInvalidError, type RecipeFault } from '../errors.ts'
import { describeTree } from './describe-tree.ts'
import { mergeRecipes } from './merge-recipes.ts'
import { parseRecipe, type RecipeReading } from './read-recipe.ts'

/** Files that one recipe lays over the root, except those that a recipe above it does without. */
export interface FilesLayer {
  /** It may be absent. */
  readonly directory: string
  /** Globs of absolute paths in the root. */
  readonly without: readonly string[]
}

export interface LoadedRecipe {
  /** With everything that the recipes below it say. */
  readonly recipe: ImageRecipe
  /** In the order in which they are laid. */
  readonly files: readonly FilesLayer[]
  /** Paths, in the order in which they are run. */
  readonly scripts: readonly string[]
  /** 64 hex digits over every image.yaml and every file beside it: equal folders, equal digits. */
  readonly inputDigest: string
}

/**
 * Reads `image.yaml` of a recipe's folder, and those it is based on.
 *
 * @throws {ImageRecipeInvalidError} when one is missing or wrong
 */
export async function loadRecipe(recipeDirectory: string): Promise<LoadedRecipe> {
  return loadLayer(resolve(recipeDirectory), [])
}

async function loadLayer(directory: string, above: readonly string[]): Promise<LoadedRecipe> {
  const { recipe, faultAt, file, text } = await readLayer(directory)
  const own = await ownInputs(directory, text)
  const fail = (path: readonly PropertyKey[], message: string) =>
    new ImageRecipeInvalidError(file, [faultAt(path, message)])
  if (recipe.name !== basename(directory)) {
    const message = `the folder is called "${basename(directory)}", the name inside is "${recipe.name}"`
    throw fail(['name'], message)
  }
  const missing = recipe.scripts.findIndex((name) => !own.scriptNames.includes(name))
  if (missing !== -1) {
    const script = recipe.scripts[missing] ?? ''
    throw fail(['scripts', missing], notFound(`scripts/${script}`, script, own.scriptNames))
  }
  const scripts = recipe.scripts.map((name) => join(directory, 'scripts', name))
  const files = { directory: join(directory, 'files'), without: [] }
  if (!('basedOn' in recipe)) {
    return { recipe, files: [files], scripts, inputDigest: own.digest }
  }
  const chain = [...above, recipe.name]
  if (chain.includes(recipe.basedOn)) {
    throw fail(['basedOn'], `a circle: ${[...chain, recipe.basedOn].join(' is based on ')}`)
  }
  const names = await recipeNames(dirname(directory))
  if (!names.includes(recipe.basedOn)) {
    throw fail(['basedOn'], notFound(`recipe "${recipe.basedOn}"`, recipe.basedOn, names))
  }
  const base = await loadLayer(join(dirname(directory), recipe.basedOn), chain)
  const lower = base.files.map((layer) => ({
    directory: layer.directory,
    without: [...layer.without, ...recipe.withoutFiles],
  }))
  return {
    recipe: mergeRecipes(base.recipe, recipe),
    files: [...lower, files],
    scripts: [...base.scripts, ...scripts],
    inputDigest: createHash('sha256').update(`${base.inputDigest}\n${own.digest}`).digest('hex'),
  }
}

type ReadLayer = Extract<RecipeReading, { ok: true }> & {
  readonly file: string
  readonly text: string
}

async function readLayer(directory: string): Promise<ReadLayer> {
  const file = join(directory, 'image.yaml')
  const text = await readFile(file, 'utf8').catch(async (thrown: unknown) => {
    const names = await recipeNames(dirname(directory))
    const nearest = nearestWord(basename(directory), names)
    const hint = nearest === undefined ? '' : `, did you mean "${nearest}"?`
    const fault: RecipeFault = { line: 1, column: 1, message: `${messageOf(thrown)}${hint}` }
    throw new ImageRecipeInvalidError(file, [fault])
  })
  const reading = parseRecipe(text)
  if (!reading.ok) throw new ImageRecipeInvalidError(file, reading.faults)
  return { ...reading, file, text }
}

async function ownInputs(directory: string, text: string) {
  const hash = createHash('sha256').update(text)
  for (const folder of ['files', 'scripts']) {
    for (const line of await describeTree(join(directory, folder))) hash.update(`\n${line}`)
  }
  const scripts = await readdir(join(directory, 'scripts'), { withFileTypes: true }).catch(() => [])
  const scriptNames = scripts.filter((entry) => entry.isFile()).map(({ name }) => name)
  return { digest: hash.digest('hex'), scriptNames }
}

async function recipeNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
}

function notFound(what: string, word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known)
  return `there is no ${what}${nearest === undefined ? '' : `, did you mean "${nearest}"?`}`
}
