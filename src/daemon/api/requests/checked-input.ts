import type { z } from 'zod'

import { RequestInvalidError } from './problem.ts'

/**
 * A body or query that fits `schema`.
 *
 * @throws {RequestInvalidError} naming every member that does not fit
 */
export function checkedInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.output<Schema> {
  const checked = schema.safeParse(input)
  if (checked.success) return checked.data
  const faults = checked.error.issues.map((issue) => {
    const path = issue.path.map(String).join('.')
    return path === '' ? issue.message : `${path}: ${issue.message}`
  })
  throw new RequestInvalidError(faults.slice(0, 20).join('; '))
}
