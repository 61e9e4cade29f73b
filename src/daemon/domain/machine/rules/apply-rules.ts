import { inertText } from '../../../../base/ascii.ts'
import { messageOf } from '../../../../base/coded-error.ts'
import { labelsSchema, type Machine, profileNamesSchema } from '../../../../contract/machine.ts'
import { paramValuesSchema } from '../../../../contract/param.ts'
import type { Classified } from '../../../../contract/rule.ts'
import type { EngineState } from '../../workflow/engine-state.ts'
import type { MachineStep } from '../../workflow/machine-step.ts'
import { type PreparedRun, prepareRun, type RunSources } from '../../workflow/prepare-run.ts'
import { classify } from './classify.ts'

export interface RuleSources extends RunSources {
  readonly state: Pick<EngineState, 'machines' | 'machineCalled'>
}

/** What the rules have made of a machine, which has what they set by now. */
export interface AppliedRules {
  readonly classified: Classified
  /** What they order and what can be run; nothing has begun. */
  readonly order: PreparedRun | undefined
  readonly nameBefore: string
  readonly problems: readonly string[]
}

/** Has the rules decide about the machine. What cannot be is told with the reason, and holds up nothing else. */
export async function applyRules(
  step: MachineStep,
  sources: RuleSources,
  nowMs: number,
): Promise<AppliedRules> {
  const { content, state } = sources
  const { id, name: nameBefore } = step.machine
  const classified = classify(step.machine, content.rules(), {
    machines: state.machines(),
    isNameTaken: (name) => (state.machineCalled(name)?.id ?? id) !== id,
  })
  const settings = settingsOf(step.machine, classified.set)
  step.changeMachine(settings.changes)
  const { workflow, workflowParams = {} } = classified.set
  const prepared =
    workflow === undefined
      ? undefined
      : await preparation(step.machine, workflow, workflowParams, sources)
  const problems = [
    ...classified.problems,
    ...settings.problems,
    ...(typeof prepared === 'string' ? [`${workflow} cannot run: ${prepared}`.slice(0, 500)] : []),
  ]
  step.changeMachine({ classification: recordOf(classified, problems, nowMs) })
  const order = typeof prepared === 'object' ? prepared : undefined
  return { classified, order, nameBefore, problems }
}

/** Tells on the timeline by which rules, why, and what they set. */
export function addClassifiedEvent(
  step: MachineStep,
  { classified, nameBefore, problems }: AppliedRules,
  facts: object = {},
): void {
  const { outcomes, set } = classified
  const fitting = outcomes.filter(({ outcome }) => outcome === 'fits')
  const { id, name } = step.machine
  const why = fitting.map((each) => `${each.rule}: ${each.because}`).join('; ')
  const none = outcomes.length === 0 ? 'there are no rules' : 'no rule fits it'
  const body = {
    machineName: name,
    ...(name === nameBefore ? {} : { nameBefore }),
    rules: fitting.map(({ rule }) => rule),
    because: why === '' ? none : why.slice(0, 1000),
    set,
    ...(problems.length === 0 ? {} : { problem: problems.join('; ').slice(0, 1000), problems }),
    ...facts,
  }
  step.addEvent({ type: 'machine', action: 'classified', key: id, body })
}

/**
 * What the rules set, laid over what the machine has: labels and params by their names, profiles before
 * its own. What would be too much together is not set at all.
 */
function settingsOf(
  { labels, params, profiles = [] }: Machine,
  set: Classified['set'],
): { readonly changes: Partial<Machine>; readonly problems: readonly string[] } {
  const { workflow: _workflow, workflowParams: _params, ...plain } = set
  const wanted = {
    ...(set.labels && { labels: labelsSchema.safeParse({ ...labels, ...set.labels }) }),
    ...(set.params && { params: paramValuesSchema.safeParse({ ...params, ...set.params }) }),
    ...(set.profiles && {
      profiles: profileNamesSchema.safeParse([...new Set([...set.profiles, ...profiles])]),
    }),
  }
  const changes: Record<string, unknown> = { ...plain }
  const problems: string[] = []
  for (const [member, { data, error }] of Object.entries(wanted)) {
    if (error === undefined) {
      changes[member] = data
      continue
    }
    delete changes[member]
    const [issue] = error.issues
    problems.push(`${member} are left as they were: ${issue?.message ?? 'they do not fit'}`)
  }
  return { changes, problems }
}

/** The order, or why it cannot be. */
async function preparation(
  machine: Machine,
  workflow: string,
  params: NonNullable<Classified['set']['workflowParams']>,
  sources: RunSources,
): Promise<PreparedRun | string> {
  try {
    return await prepareRun(machine, workflow, params, sources)
  } catch (error) {
    return messageOf(error)
  }
}

function recordOf(
  { outcomes, set: { workflow } }: Classified,
  problems: readonly string[],
  atMs: number,
): NonNullable<Machine['classification']> {
  const rules = outcomes.filter(({ outcome }) => outcome === 'fits').slice(0, 64)
  return {
    atMs,
    rules: rules.map(({ rule, because: why }) => ({ rule, because: why })),
    ...(workflow === undefined ? {} : { workflow }),
    ...(problems.length === 0 ? {} : { problems: problems.map((text) => inertText(text, 500)) }),
  }
}
