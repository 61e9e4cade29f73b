import { nearestWord } from '../../../../base/nearest-word.ts'
import { type Rule, ruleViewSchema } from '../../../../contract/rule.ts'
import { schemaKeysAt } from '../../../../contract/schema-keys.ts'
import {
  type CompiledRule,
  compileRule,
  type RuleFault,
} from '../../../domain/machine/rules/compile-rule.ts'
import { valuesFaults } from '../../../domain/param/check-values.ts'
import type { ParamSource } from '../../../domain/param/param-source.ts'
import type { DocumentFault } from '../document-fault.ts'
import type { ShelfEntry } from '../shelf.ts'

/** What a rule may name. */
export interface RuleSurroundings {
  readonly params: ParamSource
  readonly workflowNames: readonly string[]
}

export interface RulesReading {
  readonly rules: readonly CompiledRule[]
  readonly faults: readonly DocumentFault[]
}

/** Reads what the conditions mean, and says everything that is wrong between rules and other content. */
export function readRules(
  entries: readonly ShelfEntry<Rule>[],
  surroundings: RuleSurroundings,
): RulesReading {
  const rules: CompiledRule[] = []
  const faults: DocumentFault[] = []
  for (const { document, faultAt } of entries) {
    const compiled = compileRule(document)
    if ('rule' in compiled) rules.push(compiled.rule)
    const found = [
      ...('faults' in compiled ? compiled.faults : []),
      ...fieldFaults(document),
      ...referenceFaults(document, surroundings),
    ]
    faults.push(...found.map(({ path, message }) => faultAt(path, message)))
  }
  return { rules, faults }
}

/** A field that no machine has would be a condition that is never met. */
function fieldFaults({ when }: Rule): readonly RuleFault[] {
  return Object.keys(when).flatMap((field) => {
    const message = fieldFault(field)
    return message === undefined ? [] : [{ path: ['when', field], message }]
  })
}

function fieldFault(field: string): string | undefined {
  const path: PropertyKey[] = []
  for (const word of field.split('.')) {
    const keys = keysAt(path)
    // Below labels and params anything may stand.
    if (keys.length === 0) return undefined
    if (!keys.includes(word)) return unknownWord(word, keys, path)
    path.push(word)
    if (keysAt(path).length === 0) path.push(0)
  }
  return undefined
}

const known = new Map<string, readonly string[]>()

/** Of the members of a list, where the path leads to one. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  const key = path.join('.')
  const keys = known.get(key) ?? schemaKeysAt(ruleViewSchema, path, {})
  known.set(key, keys)
  return keys
}

function unknownWord(word: string, keys: readonly string[], path: readonly PropertyKey[]): string {
  const where = path.filter((segment) => segment !== 0).join('.') || 'a machine'
  const nearest = nearestWord(word, keys)
  return nearest === undefined
    ? `there is no "${word}" in ${where}, known there: ${keys.join(', ')}`
    : `there is no "${word}" in ${where}, did you mean "${nearest}"?`
}

function referenceFaults(
  { set }: Rule,
  { params, workflowNames }: RuleSurroundings,
): readonly RuleFault[] {
  const onBoot = set.onBoot?.startsWith('workflow:')
    ? set.onBoot.slice('workflow:'.length)
    : undefined
  const named = [
    [['set', 'workflow'], set.workflow],
    [['set', 'onBoot'], onBoot],
  ] as const
  const profileNames = params.profiles().map(({ name }) => name)
  return [
    ...named.flatMap(([path, name]) =>
      name === undefined || workflowNames.includes(name)
        ? []
        : [{ path, message: missing('workflow', name, workflowNames) }],
    ),
    ...(set.profiles ?? []).flatMap((name, index) =>
      profileNames.includes(name)
        ? []
        : [{ path: ['set', 'profiles', index], message: missing('profile', name, profileNames) }],
    ),
    ...valuesFaults(set.params ?? {}, params).map(({ path, message }) => ({
      path: ['set', 'params', ...path],
      message,
    })),
  ]
}

function missing(noun: string, name: string, names: readonly string[]): string {
  const nearest = nearestWord(name, names)
  return nearest === undefined
    ? `there is no ${noun} "${name}"`
    : `there is no ${noun} "${name}", did you mean "${nearest}"?`
}
