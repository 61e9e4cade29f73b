import { z } from 'zod'

import { nameSchema } from './values.ts'

/** Names of params: lower-case words joined by `-`, so that each is one shell variable too. */
export const paramNameSchema = z
  .string()
  .max(63)
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'expected lower-case words joined by "-"')

const longestValue = 16_384
const longestValues = 65_536
const mostValues = 256

/** What a param is set to; whether it fits is judged by the param itself. Never nothing. */
export const paramValueSchema = z
  .json()
  .refine((value): boolean => value !== null, 'expected a value, found nothing')
  .refine((value) => JSON.stringify(value).length <= longestValue, {
    message: `longer than ${longestValue} characters`,
  })
export type ParamValue = z.infer<typeof paramValueSchema>

/** Values by the name of their param. */
export const paramValuesSchema = z
  .record(paramNameSchema, paramValueSchema)
  .refine((values) => Object.keys(values).length <= mostValues, {
    message: `expected at most ${mostValues} params`,
  })
  .refine((values) => JSON.stringify(values).length <= longestValues, {
    message: `longer than ${longestValues} characters together`,
  })
export type ParamValues = z.infer<typeof paramValuesSchema>

/** The value of a secret param: a file in the daemon's folder of secrets, which holds the secret itself. */
export const secretReferenceSchema = z.strictObject({ secret: nameSchema })

const text = {
  type: z.literal('string'),
  /** A regular expression without look-around, found anywhere in the text unless it has `^` and `$`. */
  pattern: z.string().min(1).max(256).optional(),
  minimumLength: z.number().int().min(0).max(longestValue).optional(),
  maximumLength: z.number().int().min(0).max(longestValue).optional(),
}
const number = <Type extends 'integer' | 'number'>(type: Type) => ({
  type: z.literal(type),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
})
const boolean = { type: z.literal('boolean') }
const oneOf = {
  type: z.literal('enum'),
  values: z.array(z.string().min(1).max(256)).min(1).max(256),
}

/** What each value within a list or a map must be. */
const itemSchema = z.discriminatedUnion('type', [
  z.strictObject(text),
  z.strictObject(number('integer')),
  z.strictObject(number('number')),
  z.strictObject(boolean),
  z.strictObject(oneOf),
])
export type ParamItem = z.infer<typeof itemSchema>

const several = <Type extends 'list' | 'map'>(type: Type) => ({
  type: z.literal(type),
  items: itemSchema,
  minimumItems: z.number().int().min(0).max(1024).optional(),
  maximumItems: z.number().int().min(0).max(1024).optional(),
})

const shared = {
  name: paramNameSchema,
  description: z.string().optional(),
  /** What it is where nobody says anything else. */
  default: paramValueSchema.optional(),
}

/** `params/NAME/param.yaml`: what a param may be. */
export const paramSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...shared,
    ...text,
    /** Its values are `{ secret: FILE }`, and only tasks that name it learn what is in that file. */
    secret: z.boolean().default(false),
  }),
  z.strictObject({ ...shared, ...number('integer') }),
  z.strictObject({ ...shared, ...number('number') }),
  z.strictObject({ ...shared, ...boolean }),
  z.strictObject({ ...shared, ...oneOf }),
  z.strictObject({ ...shared, ...several('list') }),
  z.strictObject({ ...shared, ...several('map') }),
])
export type Param = z.infer<typeof paramSchema>

export function isSecret(param: Param): boolean {
  return param.type === 'string' && param.secret
}

/** `profiles/NAME/profile.yaml`: values that machines share. The one called `global` is every machine's. */
export const profileSchema = z.strictObject({
  name: nameSchema,
  description: z.string().optional(),
  params: paramValuesSchema.default({}),
})
export type Profile = z.infer<typeof profileSchema>

/** The profile that stands under all others, and under the stages. */
export const globalProfile = 'global'

/** `run`, `machine`, `profile:NAME`, `stage:NAME`, `global` or `default`. */
export const paramOriginSchema = z.string().max(80)

/** What a param is, and who says so. */
export const effectiveParamSchema = z.object({
  name: paramNameSchema,
  value: paramValueSchema,
  from: paramOriginSchema,
  /** The value says where the secret lies, and nothing else. */
  isSecret: z.literal(true).optional(),
})
export type EffectiveParam = z.infer<typeof effectiveParamSchema>

const layerSchema = z.record(paramNameSchema, effectiveParamSchema.omit({ name: true }))

/** The params of a run, fixed when it is ordered: `over` stands over what a stage says, `under` under it. */
export const frozenParamsSchema = z.object({
  over: layerSchema,
  stages: z.record(nameSchema, layerSchema),
  under: layerSchema,
})
export type FrozenParams = z.infer<typeof frozenParamsSchema>
export type ParamLayer = z.infer<typeof layerSchema>
