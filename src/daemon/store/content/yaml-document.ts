import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'

import { messageOf } from '../../../base/coded-error.ts'
import { pathText } from '../../../base/path-text.ts'
import { issueMessage, unknownKeyMessage } from '../../../contract/issue-message.ts'
import { schemaKeysAt } from '../../../contract/schema-keys.ts'
import type { DocumentFault } from './document-fault.ts'

/** Longer files are refused before they are parsed. */
const maximumCharacters = 1_048_576
/** How often anchors may be expanded: a bomb is refused, honest reuse is not. */
const maximumAliases = 100

export type DocumentReading<Value> =
  | {
      readonly ok: true
      readonly value: Value
      /** For what is wrong although it fits the schema. */
      readonly faultAt: (path: readonly PropertyKey[], message: string) => DocumentFault
    }
  | { readonly ok: false; readonly faults: readonly DocumentFault[] }

/**
 * Reads one YAML 1.2 document and checks it against `schema`. Total: any text gives a value or every
 * fault there is, each with its place in the file.
 */
export function readYamlDocument<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
): DocumentReading<z.output<Schema>> {
  const page = new Page(file, text)
  if (text.length > maximumCharacters) {
    return page.refuse(0, `longer than ${maximumCharacters} characters`)
  }
  try {
    return readParsed(page, schema)
  } catch (thrown) {
    return page.refuse(0, messageOf(thrown))
  }
}

function readParsed<Schema extends z.ZodType>(
  page: Page,
  schema: Schema,
): DocumentReading<z.output<Schema>> {
  const document = parseDocument(page.text, {
    lineCounter: page.lines,
    prettyErrors: false,
    stringKeys: true,
  })
  const problems = [...document.errors, ...document.warnings]
  if (problems.length > 0) {
    const faults = problems.map((it) => page.fault(it.pos[0], [], it.message))
    // One slip makes the parser trip over everything behind it: the first of a line says enough.
    const isFirstOfLine = ({ line }: DocumentFault, index: number) =>
      faults.findIndex((other) => other.line === line) === index
    return { ok: false, faults: faults.filter(isFirstOfLine) }
  }
  const value: unknown = document.toJS({ maxAliasCount: maximumAliases })
  const checked = schema.safeParse(value)
  if (checked.success) {
    const faultAt = (path: readonly PropertyKey[], message: string) =>
      page.fault(offsetOf(document, path), path, message)
    return { ok: true, value: checked.data, faultAt }
  }
  return {
    ok: false,
    faults: checked.error.issues.flatMap((issue) => faultsOf(page, document, schema, value, issue)),
  }
}

function faultsOf(
  page: Page,
  document: Document,
  schema: z.ZodType,
  value: unknown,
  issue: z.core.$ZodIssue,
): DocumentFault[] {
  if (issue.code !== 'unrecognized_keys') {
    const message = issueMessage(issue, valueAt(value, issue.path))
    return [page.fault(offsetOf(document, issue.path), issue.path, message)]
  }
  const allowed = schemaKeysAt(schema, issue.path, value)
  return issue.keys.map((key) =>
    page.fault(keyOffset(document, issue.path, key), issue.path, unknownKeyMessage(key, allowed)),
  )
}

/** The text of a file and where its lines begin. */
class Page {
  readonly file: string
  readonly text: string
  readonly lines = new LineCounter()

  constructor(file: string, text: string) {
    this.file = file
    this.text = text
  }

  fault(offset: number, path: readonly PropertyKey[], message: string): DocumentFault {
    const { line, col } = this.lines.linePos(offset)
    const place = { line: Math.max(line, 1), column: Math.max(col, 1) }
    const sourceLine = this.text.split('\n', place.line)[place.line - 1] ?? ''
    return { file: this.file, ...place, path: pathText(path), message, sourceLine }
  }

  refuse(offset: number, message: string): { ok: false; faults: readonly DocumentFault[] } {
    return { ok: false, faults: [this.fault(offset, [], message)] }
  }
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
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === key)
    if (isScalar(pair?.key) && pair.key.range) return pair.key.range[0]
  }
  return offsetOf(document, path)
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value
  for (const segment of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, segment)) {
      return undefined
    }
    current = (current as Record<PropertyKey, unknown>)[segment]
  }
  return current
}
