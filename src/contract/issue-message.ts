import type { z } from 'zod'

import { nearestWord } from '../base/nearest-word.ts'

const words: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

/** What is wrong with `value`, in the words of someone who writes YAML. */
export function issueMessage(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'invalid_type') return expected(words[issue.expected] ?? issue.expected, value)
  if (issue.code === 'invalid_value') return oneOf(issue.values.map(String), value)
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) {
    return oneOf(issue.options.map(String), value)
  }
  return issue.message.replace(/^Invalid input: /, '')
}

/** `unknown key "serail", did you mean "serial"?`, or the keys there are. */
export function unknownKeyMessage(key: string, allowed: readonly string[]): string {
  const nearest = nearestWord(key, allowed)
  if (nearest !== undefined) return `unknown key "${key}", did you mean "${nearest}"?`
  return `unknown key "${key}", known here: ${allowed.join(', ') || 'none'}`
}

function expected(what: string, value: unknown): string {
  return value === undefined
    ? `missing, expected ${what}`
    : `expected ${what}, found ${shown(value)}`
}

function oneOf(options: readonly string[], value: unknown): string {
  const nearest = typeof value === 'string' ? nearestWord(value, options) : undefined
  const hint = nearest === undefined ? '' : `, did you mean "${nearest}"?`
  return expected(`one of ${options.join(', ')}`, value) + hint
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value === null) return 'nothing'
  if (typeof value === 'object') return 'a mapping'
  return typeof value === 'string' ? `text "${value.slice(0, 60)}"` : JSON.stringify(value)
}
