import { z } from 'zod'

/** The part of JSON Schema that decides which keys stand where. */
interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly items?: SchemaNode
  readonly additionalProperties?: SchemaNode | boolean
  readonly anyOf?: readonly SchemaNode[]
  readonly oneOf?: readonly SchemaNode[]
  readonly const?: unknown
}

/** The keys that `schema` allows in the mapping at `path` of `value`; a union is narrowed by its discriminator. */
export function schemaKeysAt(
  schema: z.ZodType,
  path: readonly PropertyKey[],
  value: unknown,
): readonly string[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as SchemaNode
  let nodes: readonly SchemaNode[] = [root]
  let current = value
  for (const segment of path) {
    nodes = alternatives(nodes, current).flatMap((node) => childrenOf(node, segment))
    current = childValue(current, segment)
  }
  const keys = alternatives(nodes, current).flatMap((node) => Object.keys(node.properties ?? {}))
  return [...new Set(keys)]
}

function alternatives(nodes: readonly SchemaNode[], value: unknown): readonly SchemaNode[] {
  return nodes.flatMap((node) => {
    const options = node.oneOf ?? node.anyOf
    return options === undefined
      ? [node]
      : alternatives(
          options.filter((o) => fits(o, value)),
          value,
        )
  })
}

function fits(node: SchemaNode, value: unknown): boolean {
  return Object.entries(node.properties ?? {}).every(
    ([key, member]) => member.const === undefined || childValue(value, key) === member.const,
  )
}

function childrenOf(node: SchemaNode, segment: PropertyKey): readonly SchemaNode[] {
  if (typeof segment === 'number') return node.items === undefined ? [] : [node.items]
  const member = node.properties?.[String(segment)]
  if (member !== undefined) return [member]
  return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : []
}

function childValue(value: unknown, segment: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.hasOwn(value, segment)
    ? (value as Record<PropertyKey, unknown>)[segment]
    : undefined
}
