import { SelectorInvalidError } from './errors.ts'
import { compilePattern } from './pattern.ts'

/** Whether one value fits. */
export type Condition = (value: unknown) => boolean

/** A plain value is `Eq` of it; any of the values of a list may fit. Digital Rebar's operators. */
export const operators = [
  ...['Eq', 'Ne', 'Lt', 'Lte', 'Gt', 'Gte'],
  ...['Between', 'Except', 'In', 'Nin', 'Re'],
] as const

const longestCondition = 1024

/**
 * `Eq(ready)`, `In(a,b)`, `Re(^web-)`, or a plain value. Numbers compare as numbers, everything else as
 * text; `Ne`, `Nin` and `Except` are true of what is not there.
 *
 * @throws {SelectorInvalidError} when the operator is unknown or its values do not fit it
 */
export function readCondition(text: string): Condition {
  if (text.length > longestCondition) throw new SelectorInvalidError('a condition is too long')
  const call = /^([A-Z][a-z]+)\((.*)\)$/s.exec(text)
  if (call === null) return anyOf((value) => compare(value, text) === 0)
  const [, operator = '', inside = ''] = call
  if (operator === 'Re') {
    const isFound = compilePattern(inside)
    return anyOf((value) => isFound(String(value).slice(0, 4096)))
  }
  const values = inside.split(',').map((value) => value.trim())
  return conditionOf(operator, values)
}

function conditionOf(operator: string, values: readonly string[]): Condition {
  const [first = '', second = ''] = values
  const want = (count: number) => {
    if (values.length === count) return
    throw new SelectorInvalidError(`${operator} takes ${count} values, not ${values.length}`)
  }
  const isListed = anyOf((value) => values.some((wanted) => compare(value, wanted) === 0))
  const isWithin = anyOf((value) => compare(value, first) >= 0 && compare(value, second) <= 0)
  const compared = (fits: (order: number) => boolean) =>
    anyOf((value) => fits(compare(value, first)))
  if (operator === 'In') return isListed
  if (operator === 'Nin') return (value) => !isListed(value)
  want(operator === 'Between' || operator === 'Except' ? 2 : 1)
  if (operator === 'Eq') return compared((order) => order === 0)
  if (operator === 'Ne') return (value) => !isListed(value)
  if (operator === 'Lt') return compared((order) => order < 0)
  if (operator === 'Lte') return compared((order) => order <= 0)
  if (operator === 'Gt') return compared((order) => order > 0)
  if (operator === 'Gte') return compared((order) => order >= 0)
  if (operator === 'Between') return isWithin
  if (operator === 'Except') return (value) => !isWithin(value)
  throw new SelectorInvalidError(`there is no operator ${operator}`, operators.join(' '))
}

/** True when one of a list, or the value itself, is there and fits. */
function anyOf(fits: Condition): Condition {
  return (value) => {
    const present = (Array.isArray(value) ? value : [value]) as readonly unknown[]
    return present.some((each) => each !== undefined && each !== null && fits(each))
  }
}

/** Below, above or the same: as numbers where the value is one, else as text. */
function compare(value: unknown, wanted: string): number {
  if (typeof value === 'number') {
    const number = Number(wanted)
    // NaN is neither below nor above nor the same.
    return wanted === '' ? Number.NaN : Math.sign(value - number)
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  if (text === wanted) return 0
  return text < wanted ? -1 : 1
}
