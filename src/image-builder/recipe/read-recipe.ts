import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'

import { messageOf } from '../../base/coded-error.ts'
import {
  type DerivedRecipe,
  derivedRecipeSchema,
  type ImageRecipe,
  imageRecipeSchema,
} from '../../contract/image-recipe.ts'
import { issueMessage, unknownKeyMessage } from '../../contract/issue-message.ts'
import { schemaKeysAt } from '../../contract/schema-keys.ts'
import type { RecipeFault } from '../errors.ts'

/** Longer files are refused before they are parsed. */
const maximumCharacters = 262_144
/** How often anchors may be expanded: a bomb is refused, honest reuse is not. */
const maximumAliases = 100

export type RecipeReading =
  | {
      readonly ok: true
      readonly recipe: ImageRecipe | DerivedRecipe
      /** Something wrong that only shows beyond the file, at the place of that value. */
      readonly faultAt: (path: readonly PropertyKey[], message: string) => RecipeFault
    }
  | { readonly ok: false; readonly faults: readonly RecipeFault[] }

/** Total: any text gives a recipe or every fault there is, each with its place. */
export function parseRecipe(text: string): RecipeReading {
  const page = new Page()
  if (text.length > maximumCharacters) {
    return { ok: false, faults: [page.fault(0, `longer than ${maximumCharacters} characters`)] }
  }
  try {
    return readText(text, page)
  } catch (thrown) {
    return { ok: false, faults: [page.fault(0, messageOf(thrown))] }
  }
}

function readText(text: string, page: Page): RecipeReading {
  const options = { lineCounter: page.lines, prettyErrors: false, stringKeys: true }
  const document = parseDocument(text, options)
  const problems = [...document.errors, ...document.warnings]
  if (problems.length > 0) {
    return { ok: false, faults: problems.map((one) => page.fault(one.pos[0], one.message)) }
  }
  const value: unknown = document.toJS({ maxAliasCount: maximumAliases })
  const isDerived = isMap(document.contents) && document.contents.has('basedOn')
  const schema = isDerived ? derivedRecipeSchema : imageRecipeSchema
  const checked = schema.safeParse(value)
  const faultAt = (path: readonly PropertyKey[], message: string): RecipeFault =>
    page.fault(offsetOf(document, path), named(path, message))
  if (checked.success) return { ok: true, recipe: checked.data, faultAt }
  const faults = checked.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      return [faultAt(issue.path, issueMessage(issue, valueAt(value, issue.path)))]
    }
    return issue.keys.map((key) => {
      const message = unknownKeyMessage(key, keysAt(schema, issue.path, value))
      return page.fault(keyOffset(document, issue.path, key), named(issue.path, message))
    })
  })
  return { ok: false, faults }
}

/** On top of another recipe or not is told by `basedOn`, so it is known wherever a key stands alone. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown) {
  const keys = schemaKeysAt(schema, path, value)
  return path.length === 0 ? [...new Set([...keys, 'basedOn'])] : keys
}

class Page {
  readonly lines = new LineCounter()

  fault(offset: number, message: string): RecipeFault {
    const { line, col } = this.lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1), message }
  }
}

function named(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`
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

function keyOffset(document: Document, path: readonly PropertyKey[], key: string): number {
  const parent: unknown = path.length === 0 ? document.contents : document.getIn(path, true)
  const pair = isMap(parent)
    ? parent.items.find((item) => isScalar(item.key) && item.key.value === key)
    : undefined
  return isScalar(pair?.key) && pair.key.range ? pair.key.range[0] : offsetOf(document, path)
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value
  for (const segment of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Record<PropertyKey, unknown>)[segment]
  }
  return current
}
