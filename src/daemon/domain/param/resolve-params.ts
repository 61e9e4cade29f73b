import type { Machine } from '../../../contract/machine.ts'
import {
  type EffectiveParam,
  type FrozenParams,
  globalProfile,
  isSecret,
  type ParamLayer,
  type ParamValues,
} from '../../../contract/param.ts'
import type { Workflow } from '../../../contract/workflow.ts'
import type { ParamSource } from './param-source.ts'

export interface ParamSubject {
  /** Of one run, over everything else. */
  readonly runValues?: ParamValues
  readonly machine: Pick<Machine, 'params' | 'profiles'>
  /** Whose stages have a say. */
  readonly workflow?: Pick<Workflow, 'stages'>
}

/**
 * Every param that has a value: of the run, then of the machine, of its profiles in their order, of the
 * stage, of the profile `global`, and last what the param says itself.
 */
export function freezeParams(
  { runValues = {}, machine, workflow }: ParamSubject,
  source: ParamSource,
): FrozenParams {
  const layer = (values: ParamValues, from: string) => layerOf(values, from, source)
  const profiles = (machine.profiles ?? []).map((name) =>
    layer(source.profile(name)?.params ?? {}, `profile:${name}`),
  )
  const defaults = source
    .params()
    .flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value] as const]))
  return {
    over: stacked([layer(runValues, 'run'), layer(machine.params ?? {}, 'machine'), ...profiles]),
    stages: Object.fromEntries(
      (workflow?.stages ?? []).map(({ name, params }) => [name, layer(params, `stage:${name}`)]),
    ),
    under: stacked([
      layer(source.profile(globalProfile)?.params ?? {}, globalProfile),
      layer(Object.fromEntries(defaults), 'default'),
    ]),
  }
}

/** What each param is within a stage, or outside of all where none is named. By name, in its order. */
export function paramsWithin(
  { over, stages, under }: FrozenParams,
  stage?: string,
): readonly EffectiveParam[] {
  const ofStage = stage !== undefined && Object.hasOwn(stages, stage) ? stages[stage] : undefined
  const all = stacked([over, ofStage ?? {}, under])
  return Object.entries(all)
    .map(([name, param]) => ({ name, ...param }))
    .sort(byName)
}

/** What each param is over all stages: several entries where stages differ. */
export function paramsOfRun(frozen: FrozenParams): readonly EffectiveParam[] {
  const stages = Object.keys(frozen.stages)
  const seen = new Map<string, EffectiveParam>()
  for (const stage of stages.length === 0 ? [undefined] : stages) {
    for (const param of paramsWithin(frozen, stage)) seen.set(`${param.name} ${param.from}`, param)
  }
  return [...seen.values()].sort(byName)
}

function byName(left: EffectiveParam, right: EffectiveParam): number {
  if (left.name === right.name) return 0
  return left.name < right.name ? -1 : 1
}

function layerOf(values: ParamValues, from: string, source: ParamSource): ParamLayer {
  const entries = Object.entries(values).map(([name, value]) => {
    const param = source.param(name)
    const isKept = param !== undefined && isSecret(param)
    return [name, { value, from, ...(isKept ? { isSecret: true as const } : {}) }] as const
  })
  return Object.fromEntries(entries)
}

/** The first layer that has a param wins. */
function stacked(layers: readonly ParamLayer[]): ParamLayer {
  return Object.assign({}, ...layers.toReversed()) as ParamLayer
}
