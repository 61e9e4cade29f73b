import { nearestWord } from '../../../base/nearest-word.ts'
import {
  isSecret,
  type Param,
  type ParamItem,
  type ParamValue,
  secretReferenceSchema,
} from '../../../contract/param.ts'
import { SelectorInvalidError } from '../selection/errors.ts'
import { compilePattern } from '../selection/pattern.ts'

/** Why a value does not fit, and where within it. */
export interface ParamFault {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Everything in which `value` does not fit `param`. What should be secret is never repeated. */
export function valueFaults(param: Param, value: ParamValue): readonly ParamFault[] {
  if (isSecret(param)) {
    if (secretReferenceSchema.safeParse(value).success) return []
    const message =
      'expected { secret: FILE }, the name of a file in the folder secrets of the daemon'
    return [{ path: [], message: `${message}; what it holds is written nowhere else` }]
  }
  switch (param.type) {
    case 'list':
      if (!Array.isArray(value)) return [unexpected('a list', value)]
      return [
        ...countFaults(param, value.length),
        ...value.flatMap((item, index) => within(index, itemFaults(param.items, item))),
      ]
    case 'map':
      if (!isMapping(value)) return [unexpected('a mapping', value)]
      return [
        ...countFaults(param, Object.keys(value).length),
        ...Object.entries(value).flatMap(([key, item]) =>
          within(key, itemFaults(param.items, item)),
        ),
      ]
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'enum':
      break
  }
  return itemFaults(param, value)
}

/** Why the text of a secret file does not fit its param; never repeats it. */
export function secretFaults(param: Param, secret: string): readonly ParamFault[] {
  return param.type === 'string' ? textFaults(param, secret) : []
}

/** What is wrong with the param itself. */
export function definitionFaults(param: Param): readonly ParamFault[] {
  const inItems =
    param.type === 'list' || param.type === 'map' ? within('items', itemRules(param.items)) : []
  const own = param.type === 'list' || param.type === 'map' ? limitFaults(param) : itemRules(param)
  const faults = [...own, ...inItems]
  if (faults.length > 0 || param.default === undefined) return faults
  return within('default', valueFaults(param, param.default))
}

type Scalar = Exclude<Param, { type: 'list' | 'map' }> | ParamItem

function itemFaults(item: Scalar, value: ParamValue): readonly ParamFault[] {
  switch (item.type) {
    case 'string':
      return typeof value === 'string' ? textFaults(item, value) : [unexpected('text', value)]
    case 'integer':
    case 'number':
      return numberFaults(item, value)
    case 'boolean':
      return typeof value === 'boolean' ? [] : [unexpected('true or false', value)]
    case 'enum':
      break
  }
  if (typeof value === 'string' && item.values.includes(value)) return []
  const nearest = typeof value === 'string' ? nearestWord(value, item.values) : undefined
  const { message } = unexpected(`one of ${item.values.join(', ')}`, value)
  return [fault(nearest === undefined ? message : `${message}, did you mean "${nearest}"?`)]
}

function textFaults(
  { pattern, minimumLength = 0, maximumLength }: Extract<ParamItem, { type: 'string' }>,
  text: string,
): readonly ParamFault[] {
  if (text.includes('\0') || !text.isWellFormed()) {
    return [fault('it holds a NUL, or half of a character')]
  }
  const { length } = Array.from(text)
  return [
    ...(length < minimumLength ? [fault(`shorter than ${minimumLength} characters`)] : []),
    ...(maximumLength !== undefined && length > maximumLength
      ? [fault(`longer than ${maximumLength} characters`)]
      : []),
    ...(pattern === undefined || compilePattern(pattern)(text)
      ? []
      : [fault(`does not match ${pattern}`)]),
  ]
}

function numberFaults(
  { type, minimum, maximum }: Extract<ParamItem, { type: 'integer' | 'number' }>,
  value: ParamValue,
): readonly ParamFault[] {
  const what = type === 'integer' ? 'a whole number' : 'a number'
  const isRight = type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value)
  if (!isRight) return [unexpected(what, value)]
  const found = Number(value)
  if (minimum !== undefined && found < minimum) return [fault(`less than ${minimum}`)]
  if (maximum !== undefined && found > maximum) return [fault(`more than ${maximum}`)]
  return []
}

function itemRules(item: Scalar): readonly ParamFault[] {
  switch (item.type) {
    case 'string':
      return [
        ...orderFaults('maximumLength', item.minimumLength, item.maximumLength),
        ...patternFaults(item.pattern),
      ]
    case 'integer':
    case 'number':
      return orderFaults('maximum', item.minimum, item.maximum)
    case 'enum':
      return item.values.flatMap((value, index) =>
        item.values.indexOf(value) < index ? within('values', within(index, [twice])) : [],
      )
    case 'boolean':
      break
  }
  return []
}

const twice = fault('stands there twice')

function limitFaults({ minimumItems, maximumItems }: Extract<Param, { type: 'list' | 'map' }>) {
  return orderFaults('maximumItems', minimumItems, maximumItems)
}

function orderFaults(key: string, minimum?: number, maximum?: number): readonly ParamFault[] {
  if (minimum === undefined || maximum === undefined || minimum <= maximum) return []
  return [{ path: [key], message: `less than the minimum, ${minimum}: nothing would fit` }]
}

function patternFaults(pattern: string | undefined): readonly ParamFault[] {
  if (pattern === undefined) return []
  try {
    compilePattern(pattern)
    return []
  } catch (error) {
    if (!(error instanceof SelectorInvalidError)) throw error
    return [{ path: ['pattern'], message: error.message }]
  }
}

function countFaults(
  { minimumItems = 0, maximumItems }: Extract<Param, { type: 'list' | 'map' }>,
  count: number,
): readonly ParamFault[] {
  if (count < minimumItems) return [fault(`${count} values, expected at least ${minimumItems}`)]
  if (maximumItems !== undefined && count > maximumItems) {
    return [fault(`${count} values, expected at most ${maximumItems}`)]
  }
  return []
}

function within(key: string | number, faults: readonly ParamFault[]): readonly ParamFault[] {
  return faults.map(({ path, message }) => ({ path: [key, ...path], message }))
}

function fault(message: string): ParamFault {
  return { path: [], message }
}

function unexpected(what: string, value: ParamValue): ParamFault {
  return fault(`expected ${what}, found ${shown(value)}`)
}

function shown(value: ParamValue): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return value === null ? 'nothing' : 'a mapping'
  return typeof value === 'string' ? `text "${value.slice(0, 60)}"` : String(value)
}

function isMapping(value: ParamValue): value is Record<string, ParamValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
