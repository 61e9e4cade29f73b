import type { Machine } from '../../../../contract/machine.ts'
import type { Classified, ListedRule } from '../../../../contract/rule.ts'
import type { ContentSource } from '../../workflow/content-source.ts'
import type { EngineState } from '../../workflow/engine-state.ts'
import { classify, countOf } from './classify.ts'

/** The rules for machines, for those who ask what they are and what they would do. */
export interface RuleDesk {
  /** In the order in which they are tried. */
  listRules(): readonly ListedRule[]
  /** What they would make of the machine now. Nothing is changed. */
  tryRules(machine: Machine): Classified
}

export function createRuleDesk(options: {
  readonly state: Pick<EngineState, 'machines' | 'machineCalled'>
  readonly content: Pick<ContentSource, 'rules'>
}): RuleDesk {
  const { state, content } = options
  return {
    listRules: () => {
      const machines = state.machines()
      return content
        .rules()
        .map(({ rule }) => ({ ...rule, machines: countOf(rule.name, machines) }))
    },
    tryRules: (machine) =>
      classify(machine, content.rules(), {
        machines: state.machines(),
        isNameTaken: (name) => (state.machineCalled(name)?.id ?? machine.id) !== machine.id,
      }),
  }
}
