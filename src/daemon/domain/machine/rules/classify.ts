import { inertText } from '../../../../base/ascii.ts'
import type { Machine } from '../../../../contract/machine.ts'
import type { Classified, Rule, RuleOutcome, RuleView } from '../../../../contract/rule.ts'
import { valueAt } from '../../selection/read-selector.ts'
import type { CompiledRule } from './compile-rule.ts'
import { nameFor } from './rule-name.ts'

/** What rules look at beside the machine itself. */
export interface RuleWorld {
  /** Every machine on record, this one too. */
  readonly machines: readonly Machine[]
  /** Whether another machine is called so. */
  readonly isNameTaken: (name: string) => boolean
}

type Wanted = Classified['set']

/**
 * What the rules make of a machine, in their order. The first that fits decides; behind one that says
 * `continue` others add what has not been set yet: labels and params by their names, profiles at the end.
 */
export function classify(
  machine: Machine,
  rules: readonly CompiledRule[],
  world: RuleWorld,
): Classified {
  const view = viewOf(machine)
  const outcomes: RuleOutcome[] = []
  const fitting: Rule[] = []
  let isDecided = false
  for (const each of rules) {
    const { rule } = each
    if (isDecided) {
      const because = 'an earlier rule has decided'
      outcomes.push({ rule: rule.name, outcome: 'not-reached', because })
      continue
    }
    const outcome = tryRule(each, view, world)
    outcomes.push(outcome)
    if (outcome.outcome !== 'fits') continue
    fitting.push(rule)
    isDecided = rule.afterwards === 'stop'
  }
  const problems: string[] = []
  // A name that a person gave stays.
  const isNamed = machine.foundBy === 'operator'
  const template = fitting.find(({ set }) => set.name !== undefined && !isNamed)?.set.name
  const named = template === undefined ? undefined : nameFor(template, machine, world.isNameTaken)
  if (named !== undefined && 'problem' in named) problems.push(named.problem)
  const approval = fitting.find((rule) => rule.approval !== undefined)?.approval
  return {
    machineName: machine.name,
    outcomes,
    set: { ...wantedBy(fitting), ...(named !== undefined && 'name' in named ? named : {}) },
    ...(approval === undefined ? {} : { approval }),
    problems,
  }
}

/** The machine as rules see it. */
export function viewOf(machine: Machine): RuleView {
  const { disks = [], networkInterfaces = [], arch } = machine.inventory ?? {}
  const facts = {
    disks: disks.length,
    largestDiskBytes: Math.max(0, ...disks.map(({ sizeBytes }) => sizeBytes)),
    cards: networkInterfaces.length,
    ...(arch === undefined ? {} : { arch }),
  }
  return { ...machine, facts }
}

/** How many machines in use a rule has fitted. */
export function countOf(rule: string, machines: readonly Machine[], except?: string): number {
  return machines.filter(
    ({ id, retirement, classification }) =>
      id !== except &&
      retirement === undefined &&
      classification?.rules.some((fitted) => fitted.rule === rule),
  ).length
}

function tryRule(
  { rule, conditions }: CompiledRule,
  view: RuleView,
  { machines }: RuleWorld,
): RuleOutcome {
  const found = conditions.map(({ field, fits, text }) => {
    const value = valueAt(view, field.split('.'))
    return { field, text, value, isMet: fits(value) }
  })
  const failing = found.find(({ isMet }) => !isMet)
  if (failing !== undefined) {
    const { field, text, value } = failing
    const because = `${field} is ${shown(value)}, not ${text}`
    return { rule: rule.name, outcome: 'does-not-fit', because: because.slice(0, 500) }
  }
  if (rule.maxCount !== undefined) {
    const count = countOf(rule.name, machines, view.id)
    if (count >= rule.maxCount) {
      const because = `it has fitted ${count} machines, and may fit no more`
      return { rule: rule.name, outcome: 'full', because }
    }
  }
  const because =
    found.map(({ field, value }) => `${field} is ${shown(value)}`).join(', ') ||
    'it fits everything'
  return { rule: rule.name, outcome: 'fits', because: because.slice(0, 1000) }
}

function shown(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'not there'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return inertText(text, 120)
}

/** What an earlier rule has set stays. */
function wantedBy(rules: readonly Rule[]): Omit<Wanted, 'name'> {
  const sets = rules.map(({ set }) => set)
  const first = <Key extends keyof Rule['set']>(key: Key) =>
    sets.find((set) => set[key] !== undefined)?.[key]
  const merged = (key: 'labels' | 'params') =>
    Object.assign({}, ...sets.map((set) => set[key] ?? {}).toReversed()) as object
  const profiles = [...new Set(sets.flatMap((set) => set.profiles ?? []))]
  const onBoot = first('onBoot')
  const workflow = first('workflow')
  const params = sets.find((set) => set.workflow !== undefined)?.workflowParams
  const labels = merged('labels') as NonNullable<Wanted['labels']>
  const values = merged('params') as NonNullable<Wanted['params']>
  return {
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(values).length === 0 ? {} : { params: values }),
    ...(profiles.length === 0 ? {} : { profiles }),
    ...(onBoot === undefined ? {} : { onBoot }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(params === undefined ? {} : { workflowParams: params }),
  }
}
