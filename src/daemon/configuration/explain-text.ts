import { inertText } from '../../base/ascii.ts'
import type { ResolvedSettings } from './resolve-settings.ts'
import { environmentName, settings } from './settings.ts'

/** One line a setting: key, value, origin; and what would set it where nothing does. */
export function explainText(resolved: ResolvedSettings): string {
  const rows = settings.map(({ key, flag }) => {
    const found = resolved.get(key)
    const how = flag === undefined ? 'repave.yaml only' : `--${flag}, ${environmentName(key)}`
    return found === undefined
      ? [key, '-', `not set (${how})`]
      : [key, shown(found.value), found.origin]
  })
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map(([key = '', value = '', origin = '']) => {
      const line = `${key.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${origin}`
      return `${inertText(line, 300)}\n`
    })
    .join('')
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
