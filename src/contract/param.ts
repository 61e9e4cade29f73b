import { z } from 'zod'

/** Names of params: lower-case words joined by `-`, so that each is one shell variable too. */
export const paramNameSchema = z
  .string()
  .max(63)
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'expected lower-case words joined by "-"')

const longestValue = 16_384
const mostValues = 256

/** What a param is set to; whether it fits is judged by the param's own schema. */
export const paramValueSchema = z
  .json()
  .refine((value) => value !== null, 'expected a value, found nothing')
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
export type ParamValues = z.infer<typeof paramValuesSchema>
