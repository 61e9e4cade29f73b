import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'
import { z } from 'zod'

import { bootEnvSchema } from '../src/contract/bootenv.ts'
import { contentKinds } from '../src/contract/content-kinds.ts'
import { derivedRecipeSchema, imageRecipeSchema } from '../src/contract/image-recipe.ts'
import { paramSchema, profileSchema } from '../src/contract/param.ts'
import { ruleSchema } from '../src/contract/rule.ts'
import { seedSchema } from '../src/contract/seed.ts'
import { subnetSchema } from '../src/contract/subnet.ts'
import { workflowSchema } from '../src/contract/workflow.ts'

interface Node {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Node>>
  readonly required?: readonly string[]
  readonly items?: Node
  readonly additionalProperties?: Node | boolean
  readonly anyOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
  readonly default?: unknown
  readonly [limit: string]: unknown
}

interface Row {
  readonly key: string
  readonly fits: string
  readonly usual: string
  readonly means: string
}

/** Every kind, the file that its schema stands in, and what a person calls it. */
const kinds: readonly (readonly [title: string, file: string, schema: z.ZodType])[] = [
  ['bootenvs/NAME/bootenv.yaml', 'bootenv', bootEnvSchema],
  ['workflows/NAME/workflow.yaml', 'workflow', workflowSchema],
  ['profiles/NAME/profile.yaml', 'param', profileSchema],
  ['params/NAME/param.yaml', 'param', paramSchema],
  ['rules/NAME/rule.yaml', 'rule', ruleSchema],
  ['subnets/NAME/subnet.yaml', 'subnet', subnetSchema],
  ['seeds/NAME/seed.yaml', 'seed', seedSchema],
  ['images/NAME/image.yaml', 'image-recipe', imageRecipeSchema],
  ['images/NAME/image.yaml with basedOn', 'image-recipe', derivedRecipeSchema],
]

/** What the source says in front of a key, where it says one thing in one file. */
function meaningsIn(file: string): ReadonlyMap<string, string> {
  const source = readFileSync(`src/contract/${file}.ts`, 'utf8')
  const found = new Map<string, Set<string>>()
  for (const [, comment = '', key = ''] of source.matchAll(
    /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*\n\s*(\w+):/g,
  )) {
    const text = comment.replaceAll(/\n\s*\*/g, '').replaceAll(/\{@link (\S+)\}/g, '$1')
    const known = found.get(key) ?? new Set()
    found.set(key, known.add(text.replaceAll(/\s+/g, ' ').trim()))
  }
  const certain = [...found].filter(([, texts]) => texts.size === 1)
  return new Map(certain.map(([key, texts]) => [key, [...texts][0] ?? '']))
}

function limitsOf(node: Node): string {
  const above = node['exclusiveMinimum']
  const wholeAbove = typeof above === 'number' && node.type === 'integer' ? above + 1 : undefined
  const limit = (from: unknown, to: unknown, what: string) => {
    const isSafe = typeof to === 'number' && to < Number.MAX_SAFE_INTEGER
    const isLow = typeof from === 'number' && from > Number.MIN_SAFE_INTEGER
    if (isLow && isSafe) return `, ${from} to ${to}${what}`
    if (isLow) return `, at least ${from}${what}`
    return isSafe ? `, at most ${to}${what}` : ''
  }
  return [
    limit(node['minimum'] ?? wholeAbove, node['maximum'], ''),
    limit(node['minLength'], node['maxLength'], ' characters'),
    limit(node['minItems'], node['maxItems'], ' items'),
  ].join('')
}

function fits(node: Node): string {
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``
  if (node.enum !== undefined) return node.enum.map((one) => `\`${String(one)}\``).join(' ')
  const options = node.oneOf ?? node.anyOf
  if (options !== undefined) {
    const texts = [...new Set(options.map(fits))]
    return texts.length > 4 ? 'any value' : texts.join(', or ')
  }
  if (node.type === 'array') return `list of ${fits(node.items ?? {})}${limitsOf(node)}`
  if (node.type === 'object') return 'mapping'
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'whole number',
    boolean: 'true or false',
  }
  return `${names[node.type ?? ''] ?? node.type ?? 'any value'}${limitsOf(node)}`
}

/** A union of mappings that one key of constants tells apart. */
function variants(node: Node): { key: string; options: readonly Node[] } | undefined {
  const options = (node.oneOf ?? node.anyOf ?? []).filter((one) => one.properties !== undefined)
  const [first] = options
  if (first === undefined || options.length < 2) return undefined
  const key = Object.keys(first.properties ?? {}).find((name) =>
    options.every((one) => one.properties?.[name]?.const !== undefined),
  )
  return key === undefined ? undefined : { key, options }
}

function rowsOf(node: Node, path: string, meanings: ReadonlyMap<string, string>): Row[] {
  const union = variants(node)
  if (union !== undefined) return rowsOfVariants(union, path, meanings)
  if (node.type === 'array') return rowsOf(node.items ?? {}, `${path}[]`, meanings)
  const rows = Object.entries(node.properties ?? {}).flatMap(([name, member]) =>
    rowsOfKey(name, member, { node, path, meanings }),
  )
  const rest = node.additionalProperties
  return typeof rest === 'object' && path !== ''
    ? [...rows, ...rowsOf(rest, `${path}.NAME`, meanings)]
    : rows
}

function rowsOfKey(
  name: string,
  member: Node,
  { node, path, meanings }: { node: Node; path: string; meanings: ReadonlyMap<string, string> },
): Row[] {
  const key = path === '' ? name : `${path}.${name}`
  const usual =
    member.default === undefined
      ? node.required?.includes(name) === true
        ? 'needed'
        : ''
      : `\`${JSON.stringify(member.default)}\``
  const own = { key, fits: fits(member), usual, means: meanings.get(name) ?? '' }
  const inner = (member.anyOf ?? [member]).flatMap((one) =>
    one.type === 'object' || one.type === 'array' || one.oneOf !== undefined
      ? rowsOf(one, key, meanings)
      : [],
  )
  return [own, ...(variants(member) === undefined ? inner : rowsOf(member, key, meanings))]
}

function rowsOfVariants(
  { key, options }: { key: string; options: readonly Node[] },
  path: string,
  meanings: ReadonlyMap<string, string>,
): Row[] {
  const isCommon = (name: string) =>
    name !== key &&
    options.every(
      (one) =>
        JSON.stringify(one.properties?.[name]) === JSON.stringify(options[0]?.properties?.[name]),
    )
  const names = Object.keys(options[0]?.properties ?? {})
  const part = (option: Node | undefined, wanted: (name: string) => boolean): Node => ({
    ...option,
    properties: Object.fromEntries(
      Object.entries(option?.properties ?? {}).filter(([name]) => wanted(name)),
    ),
  })
  const values = options.map((one) => one.properties?.[key]?.const)
  const discriminator: Row = {
    key: path === '' ? key : `${path}.${key}`,
    fits: values.map((one) => `\`${String(one)}\``).join(' '),
    usual: 'needed',
    means: meanings.get(key) ?? '',
  }
  return [
    discriminator,
    ...rowsOf(
      part(options[0], (name) => names.includes(name) && isCommon(name)),
      path,
      meanings,
    ),
    ...options.flatMap((option, index) =>
      rowsOf(
        part(option, (name) => name !== key && !isCommon(name)),
        path,
        meanings,
      ).map((row) => ({
        ...row,
        key: `${row.key} (${key}: ${String(values[index])})`,
      })),
    ),
  ]
}

function section(title: string, file: string, schema: z.ZodType): string {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node
  const cell = (text: string) => text.replaceAll('|', String.raw`\|`)
  const rows = rowsOf(root, '', meaningsIn(file)).map(
    (row) => `| \`${row.key}\` | ${cell(row.fits)} | ${cell(row.usual)} | ${cell(row.means)} |`,
  )
  return [
    `## ${title}`,
    '',
    '| key | fits | usual | means |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

const opening = `# Every key of every YAML document

Made from the schemas that documents are checked with; a test holds this page to them. \`[]\` stands for each
item of a list, \`.NAME\` for each key of a mapping; a bracket says for which variant a key is. What the kinds
are for: [content.md](content.md).`

it('docs/yaml-reference.md tells every key of every kind', async () => {
  for (const { folder, fileName } of contentKinds) {
    expect(kinds.map(([title]) => title)).toContain(`${folder}/NAME/${fileName}`)
  }
  const page = [opening, ...kinds.map(([title, file, schema]) => section(title, file, schema))]
  const text = `${page.join('\n\n')}\n`
  expect(text).toContain('stages[].tasks[].retry.attempts')
  await expect(text).toMatchFileSnapshot('../docs/yaml-reference.md')
})
