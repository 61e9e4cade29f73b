import { z } from 'zod'

/** A part of a JSON document. */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * The schema as JSON Schema 2020-12, which OpenAPI 3.1 and AsyncAPI 3 take as it is. Values that are
 * checked text on the wire are shown as that text, and what may be any JSON as a schema that takes any.
 */
export function jsonSchemaOf(schema: z.ZodType): JsonObject {
  const options = { io: 'input', unrepresentable: 'any', reused: 'inline' } as const
  const { $schema: _dialect, $defs: _any, ...rest } = z.toJSONSchema(schema, options)
  return withoutReferences(rest) as JsonObject
}

/** The one schema that refers to itself is that of any JSON; a reference into ourselves leads nowhere here. */
function withoutReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutReferences)
  if (typeof value !== 'object' || value === null) return value
  if ('$ref' in value) return {}
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, withoutReferences(member)]),
  )
}
