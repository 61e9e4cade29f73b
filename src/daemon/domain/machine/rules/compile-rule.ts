import { messageOf } from '../../../../base/coded-error.ts'
import type { Rule } from '../../../../contract/rule.ts'
import { readCondition } from '../../selection/condition.ts'
import { type FieldCondition, readConditions } from '../../selection/read-selector.ts'
import { nameTemplateFault } from './rule-name.ts'

/** A rule with its conditions read. */
export interface CompiledRule {
  readonly rule: Rule
  readonly conditions: readonly (FieldCondition & { readonly text: string })[]
}

/** What is wrong with a rule, and where. */
export interface RuleFault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** In the order in which they are tried. */
export function inOrder(rules: readonly CompiledRule[]): readonly CompiledRule[] {
  return rules.toSorted(
    ({ rule: one }, { rule: other }) =>
      one.order - other.order || (one.name < other.name ? -1 : one.name > other.name ? 1 : 0),
  )
}

/** Every fault of its conditions and of the name that it gives; the rule where there is none. */
export function compileRule(
  rule: Rule,
): { readonly rule: CompiledRule } | { readonly faults: readonly RuleFault[] } {
  const conditions: CompiledRule['conditions'][number][] = []
  const faults: RuleFault[] = []
  for (const [field, given] of Object.entries(rule.when)) {
    for (const text of [given].flat().map(String)) {
      try {
        readCondition(text)
        conditions.push(...readConditions([[field, text]]).map((each) => ({ ...each, text })))
      } catch (error) {
        faults.push({ path: ['when', field], message: messageOf(error) })
      }
    }
  }
  const nameFault = rule.set.name === undefined ? undefined : nameTemplateFault(rule.set.name)
  if (nameFault !== undefined) faults.push({ path: ['set', 'name'], message: nameFault })
  if (rule.set.workflowParams !== undefined && rule.set.workflow === undefined) {
    faults.push({
      path: ['set', 'workflowParams'],
      message: 'there is no workflow that they are of',
    })
  }
  return faults.length === 0 ? { rule: { rule, conditions } } : { faults }
}
