import { isSecret, type Param, type ParamItem, type ParamValue } from '../contract/param.ts'
import { shownText } from './shown-text.ts'

/** What fits a param, in a few words. Inert. */
export function paramTypeText(param: Param): string {
  if (isSecret(param)) return 'secret'
  if (param.type === 'list' || param.type === 'map') {
    return `${param.type} of ${itemText(param.items)}`
  }
  return itemText(param)
}

function itemText(item: ParamItem | Exclude<Param, { type: 'list' | 'map' }>): string {
  switch (item.type) {
    case 'enum':
      return shownText(item.values.join('|'), 80)
    case 'integer':
    case 'number':
      return `${item.type}${rangeText(item.minimum, item.maximum)}`
    case 'string':
      return item.pattern === undefined ? 'string' : `string ${shownText(item.pattern, 60)}`
    case 'boolean':
      break
  }
  return item.type
}

function rangeText(minimum: number | undefined, maximum: number | undefined): string {
  if (minimum === undefined && maximum === undefined) return ''
  return ` ${minimum ?? ''}..${maximum ?? ''}`
}

/** A value; of a secret only where it lies. Inert. */
export function paramValueText(value: ParamValue | undefined): string {
  if (value === undefined) return '-'
  return shownText(typeof value === 'string' ? value : JSON.stringify(value), 100)
}
