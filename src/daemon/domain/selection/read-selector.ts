import { type Condition, readCondition } from './condition.ts'
import { SelectorInvalidError } from './errors.ts'

/** One part of a selector: the field, as a dotted path, and what has to be so. */
export interface FieldCondition {
  readonly field: string
  readonly fits: Condition
}

const maximumConditions = 16
/** `inventory.system.serialNumber`; brackets and prototypes are no fields. */
const fieldPattern = /^[a-zA-Z][\w-]{0,63}(?:\.[\w:/-]{1,128}){0,6}$/

/**
 * `state=In(ready,failed)&name=Re(^web-)`: all of it has to be so. A `&` within brackets belongs to the value.
 *
 * @throws {SelectorInvalidError} when a part is no condition
 */
export function readSelector(text: string): readonly FieldCondition[] {
  const parts = text.split(/&(?![^(]*\))/)
  return readConditions(
    parts.map((part) => {
      const at = part.indexOf('=')
      if (at > 0) return [part.slice(0, at), part.slice(at + 1)] as const
      throw new SelectorInvalidError(`"${part.slice(0, 100)}" is no condition`)
    }),
  )
}

/** The conditions of pairs such as `['state', 'Eq(ready)']`. @throws {SelectorInvalidError} */
export function readConditions(
  pairs: readonly (readonly [field: string, condition: string])[],
): readonly FieldCondition[] {
  if (pairs.length > maximumConditions) {
    throw new SelectorInvalidError(`more than ${maximumConditions} conditions`)
  }
  return pairs.map(([field, condition]) => {
    if (!fieldPattern.test(field)) {
      throw new SelectorInvalidError(`"${field.slice(0, 100)}" is no field`)
    }
    return { field, fits: readCondition(condition) }
  })
}

/** Whether everything that was asked for is so. */
export function fitsAll(conditions: readonly FieldCondition[], document: object): boolean {
  return conditions.every(({ field, fits }) => fits(valueAt(document, field.split('.'))))
}

/** What lies at the path; of lists, what lies there in each member. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path
  if (name === undefined) return value
  if (Array.isArray(value)) return value.flatMap((member) => valueAt(member, path) ?? [])
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return valueAt((value as Record<string, unknown>)[name], rest)
}
