interface Schema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly pattern?: string
  readonly default?: unknown
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly required?: readonly string[]
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: Schema
  readonly description?: string
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>

interface Operation {
  readonly summary: string
  readonly description: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}

/** Deeper than this, a document is told by its kind alone. */
const deepest = 2

/** Every request, as a page to read: who may ask it, what it takes, what it answers. */
export function apiReference({ paths }: OpenApi): string {
  const sections = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => operationText(method, path, operation)),
  )
  return `${opening}\n${sections.join('\n')}`
}

const opening = `# Every request of the interface

Made from the OpenAPI document that the daemon serves at \`/docs/openapi.json\`; a test holds this page to it. How to
begin, and the websocket: [the interface](api.md). A member with \`?\` may be absent.
`

function operationText(method: string, path: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses } = operation
  const [status = '', answer] = Object.entries(responses)[0] ?? []
  const takes = parameters.filter(
    (parameter) => parameter.in === 'query' || parameter.in === 'header',
  )
  return [
    `## ${method.toUpperCase()} ${path}`,
    '',
    `${summary}. ${description}`,
    '',
    ...(takes.length === 0 ? [] : [...parameterLines(takes), '']),
    ...contentText('Takes', requestBody?.content),
    ...contentText(`Answers ${status}`, answer?.content),
  ].join('\n')
}

/** Members that a list is filtered by differ in name alone. */
function parameterLines(parameters: readonly Parameter[]): string[] {
  const filters = parameters.filter(isFilter)
  const lines = parameters.filter((parameter) => !isFilter(parameter)).map(parameterText)
  if (filters.length === 0) return lines
  const names = filters.map(({ name }) => `\`${name}\``).join(' ')
  return [...lines, `- query, filters: ${names}. ${filters[0]?.description ?? ''}`]
}

function isFilter({ description }: Parameter): boolean {
  return description?.startsWith('Eq Ne') === true
}

function parameterText({ name, in: place, required, schema, description }: Parameter): string {
  const optional = required === true ? '' : '?'
  const fallback =
    schema.default === undefined ? '' : `, ${JSON.stringify(schema.default)} unless given`
  const why = description === undefined ? '' : `. ${description}`
  return `- ${place === 'header' ? 'header' : 'query'} \`${name}${optional}\`: ${kindOf(schema)}${fallback}${why}`
}

function contentText(title: string, content: Content | undefined): string[] {
  const [[type, { schema }] = ['', {}]] = Object.entries(content ?? {})
  if (type === '') return title === 'Takes' ? [] : [`${title}, without a body.`, '']
  if (schema === undefined) return [`${title}: \`${type}\`.`, '']
  return [`${title}, \`${type}\`:`, '', '```', ...shapeLines(schema, 0), '```', '']
}

function shapeLines(schema: Schema, depth: number): string[] {
  const { properties, required = [] } = schema
  if (properties === undefined) {
    const isList = schema.items?.properties !== undefined && depth < deepest
    return isList ? ['[', ...shapeLines(schema.items, depth + 1), ']'] : [kindOf(schema)]
  }
  return Object.entries(properties).flatMap(([name, member]) => {
    const head = `${'  '.repeat(depth)}${name}${required.includes(name) ? '' : '?'}: `
    const inner = member.properties === undefined ? member.items : member
    if (inner?.properties === undefined || depth >= deepest) return [`${head}${kindOf(member)}`]
    const mark = inner === member ? '' : 'list of'
    return [`${head}${mark}`.trimEnd(), ...shapeLines(inner, depth + 1)]
  })
}

function kindOf(schema: Schema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum !== undefined)
    return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  const choices = schema.anyOf ?? schema.oneOf
  if (choices !== undefined) return [...new Set(choices.map(kindOf))].join(' | ')
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'anything' : kindOf(schema.items)}`
  if (schema.type === 'object') {
    const { additionalProperties: values } = schema
    return typeof values === 'object' ? `object of ${kindOf(values)}` : 'object'
  }
  const type =
    typeof schema.type === 'string' ? schema.type : (schema.type?.join(' | ') ?? 'anything')
  return schema.format === undefined ? type : `${type} (${schema.format})`
}
