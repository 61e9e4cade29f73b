import { Option } from 'commander'

import { inertJson } from '../base/ascii.ts'
import { shownText } from '../presentation/shown-text.ts'
import { tableLines } from '../presentation/table-text.ts'
import { type CliWorld, writeLines } from './cli-world.ts'
import { UsageError } from './errors.ts'

export const outputFormats = ['table', 'wide', 'json', 'jsonl', 'yaml', 'name'] as const
export type OutputFormat = (typeof outputFormats)[number]

/** The version of everything that is printed for machines. */
export const outputVersion = 'repave/v1'

export function outputOption(environment: CliWorld['environment']): Option {
  const wanted = environment['REPAVE_OUTPUT']
  const known = outputFormats.find((format) => format === wanted)
  return new Option('-o, --output <format>', 'how data is printed')
    .choices(outputFormats)
    .default(known ?? 'table')
}

/** How a person wants a list. */
export interface ListOptions {
  readonly output: OutputFormat
  /** Headings, with commas between them: these columns in this order. */
  readonly columns?: string
}

/** A column that says `'wide'` is shown by `--output wide` and where `--columns` names it. */
export type ListColumn<Item> = readonly [
  heading: string,
  cell: (item: Item) => string,
  shownIn?: 'wide',
]

export interface ShownList<Item> {
  /** `MachineList`. */
  readonly kind: string
  readonly items: readonly Item[]
  /** The number of the event that the list is as new as. */
  readonly rev?: number
  readonly columns: readonly ListColumn<Item>[]
  nameOf(item: Item): string
}

/**
 * Prints a list in the wanted format.
 *
 * @throws {UsageError} when `--columns` names none of the list's
 */
export async function printList<Item>(
  world: CliWorld,
  options: ListOptions,
  list: ShownList<Item>,
): Promise<void> {
  const { kind, items, rev } = list
  const format = options.output
  if (format === 'name') writeLines(world.stdout, items.map(list.nameOf))
  else if (format === 'jsonl') {
    writeLines(world.stdout, [versionRecord(), ...items.map((item) => jsonText(item))])
  } else if (format === 'table' || format === 'wide') {
    writeLines(world.stdout, listLines(options, list))
  } else {
    const document = {
      apiVersion: outputVersion,
      kind,
      items,
      ...(rev === undefined ? {} : { rev }),
    }
    world.stdout.write(await documentText(format, document))
  }
}

/** The heading and a line an item. @throws {UsageError} when `--columns` names none of the list's */
export function listLines<Item>(
  options: ListOptions,
  { items, columns }: ShownList<Item>,
): string[] {
  const wanted = wantedColumns(options, columns)
  const rows = items.map((item) => wanted.map(([, cell]) => cell(item)))
  return tableLines(
    wanted.map(([heading]) => heading),
    rows,
  )
}

function wantedColumns<Item>(
  { output, columns: named }: ListOptions,
  columns: readonly ListColumn<Item>[],
): readonly ListColumn<Item>[] {
  if (named === undefined) return columns.filter(([, , shownIn]) => output === 'wide' || !shownIn)
  return named.split(',').map((word) => {
    const heading = word.trim().toUpperCase()
    const column = columns.find(([candidate]) => candidate === heading)
    if (column !== undefined) return column
    const headings = columns.map(([candidate]) => candidate.toLowerCase())
    throw new UsageError(`no column goes by ${shownText(word.trim())}`, {
      remedy: `--columns takes of: ${headings.join(', ')}`,
    })
  })
}

export interface ShownThing {
  /** `Machine`. */
  readonly kind: string
  readonly value: object
  readonly name: string
  readonly lines: readonly string[]
}

/** Prints one thing in the wanted format. */
export async function printThing(
  world: CliWorld,
  format: OutputFormat,
  { kind, value, name, lines }: ShownThing,
): Promise<void> {
  const document = { apiVersion: outputVersion, kind, ...value }
  if (format === 'name') writeLines(world.stdout, [name])
  else if (format === 'table' || format === 'wide') writeLines(world.stdout, lines)
  else if (format === 'jsonl') writeLines(world.stdout, [versionRecord(), jsonText(value)])
  else world.stdout.write(await documentText(format, document))
}

/**
 * Begins an output that goes on: JSON lines with the version of their shape.
 *
 * @param what the word or option by which it goes on
 * @throws {UsageError} where the format is one document, which could not be ended
 */
export function beginAppending(
  { stdout }: Pick<CliWorld, 'stdout'>,
  what: string,
  output: OutputFormat,
): void {
  if (output === 'json' || output === 'yaml') {
    throw new UsageError(`${what} appends, and ${output} is one document`, {
      remedy: '--output jsonl',
    })
  }
  if (output === 'jsonl') writeLines(stdout, [versionRecord()])
}

/** The first record of every stream of JSON lines. */
export function versionRecord(): string {
  return jsonText({ type: 'version', apiVersion: outputVersion })
}

/** JSON that is safe to print on a terminal: what came from machines may hold anything. */
export function jsonText(value: unknown, indent?: number): string {
  return inertJson(JSON.stringify(value, undefined, indent))
}

async function documentText(format: 'json' | 'yaml', document: object): Promise<string> {
  if (format === 'json') return `${jsonText(document, 2)}\n`
  const { stringify } = await import('yaml')
  const plain = stringify(document)
  if (inertJson(plain) === plain) return plain
  // Escapes mean something in double quotes only.
  return inertJson(
    stringify(document, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' }),
  )
}
