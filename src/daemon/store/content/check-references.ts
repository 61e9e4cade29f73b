import { isSecret, type Param, type ParamValues, type Profile } from '../../../contract/param.ts'
import type { Workflow } from '../../../contract/workflow.ts'
import { unknownParam, valuesFaults } from '../../domain/param/check-values.ts'
import { definitionFaults } from '../../domain/param/param-faults.ts'
import type { ParamSource } from '../../domain/param/param-source.ts'
import { WorkflowInvalidError } from '../../domain/workflow/errors.ts'
import { checkWorkflow } from '../../domain/workflow/plan-run.ts'
import type { DocumentFault } from './document-fault.ts'
import type { FaultAt, ShelfEntry } from './shelf.ts'

/** What no document shows by itself: what is wrong between params, profiles and workflows. */
export interface ReferringDocuments {
  readonly params: readonly ShelfEntry<Param>[]
  readonly profiles: readonly ShelfEntry<Profile>[]
  readonly workflows: readonly ShelfEntry<Workflow>[]
}

export function referenceFaults(
  { params, profiles, workflows }: ReferringDocuments,
  source: ParamSource,
): readonly DocumentFault[] {
  return [
    ...params.flatMap(({ document, faultAt }) =>
      definitionFaults(document).map(({ path, message }) => {
        const fault = faultAt(path, message)
        return isSecret(document) ? { ...fault, sourceLine: '' } : fault
      }),
    ),
    ...profiles.flatMap(({ document, faultAt }) => faultsIn(document.params, [], faultAt, source)),
    ...workflows.flatMap((entry) => workflowFaults(entry, source)),
  ]
}

function workflowFaults(
  { document, faultAt }: ShelfEntry<Workflow>,
  source: ParamSource,
): readonly DocumentFault[] {
  const { stages, recovery } = document
  return [
    ...stages.flatMap((stage, index) => [
      ...faultsIn(stage.params, ['stages', index], faultAt, source),
      ...secretsFaults(stage.tasks, ['stages', index, 'tasks'], faultAt, source),
    ]),
    ...secretsFaults(recovery, ['recovery'], faultAt, source),
    ...orderFaults(document, faultAt),
  ]
}

function faultsIn(
  values: ParamValues,
  place: readonly PropertyKey[],
  faultAt: FaultAt,
  source: ParamSource,
): readonly DocumentFault[] {
  return valuesFaults(values, source).map(({ path, message }) => {
    const fault = faultAt([...place, 'params', ...path], message)
    const param = source.param(String(path[0]))
    // The line may hold a secret that does not belong there.
    return param !== undefined && isSecret(param) ? { ...fault, sourceLine: '' } : fault
  })
}

function secretsFaults(
  tasks: Workflow['recovery'],
  place: readonly PropertyKey[],
  faultAt: FaultAt,
  source: ParamSource,
): readonly DocumentFault[] {
  return tasks.flatMap((task, index) => {
    if (task.action !== 'script') return []
    return task.secrets.flatMap((name, at) => {
      const path = [...place, index, 'secrets', at]
      const param = source.param(name)
      if (param === undefined) return [faultAt(path, unknownParam(name, source))]
      return isSecret(param) ? [] : [faultAt(path, `${name} is no secret: every script has it`)]
    })
  })
}

/** What would make every run of it fail. */
function orderFaults(workflow: Workflow, faultAt: FaultAt): readonly DocumentFault[] {
  try {
    checkWorkflow(workflow)
    return []
  } catch (error) {
    if (!(error instanceof WorkflowInvalidError)) throw error
    return [faultAt(['stages'], error.reason)]
  }
}
