import type { BootEnv } from '../../../contract/bootenv.ts'
import { isSecret, type Param, type ParamValues, type Profile } from '../../../contract/param.ts'
import type { Workflow } from '../../../contract/workflow.ts'
import { paramsNamedBy } from '../../domain/bootenv/kernel-arguments.ts'
import { unknownParam, valuesFaults } from '../../domain/param/check-values.ts'
import { definitionFaults } from '../../domain/param/param-faults.ts'
import type { ParamSource } from '../../domain/param/param-source.ts'
import { WorkflowInvalidError } from '../../domain/workflow/errors.ts'
import { checkWorkflow } from '../../domain/workflow/plan-run.ts'
import type { DocumentFault } from './document-fault.ts'
import type { FaultAt, ShelfEntry } from './shelf.ts'

/** What no document shows by itself: what is wrong between params, profiles and workflows. */
export interface ReferringDocuments {
  readonly bootEnvs: readonly ShelfEntry<BootEnv>[]
  readonly params: readonly ShelfEntry<Param>[]
  readonly profiles: readonly ShelfEntry<Profile>[]
  readonly workflows: readonly ShelfEntry<Workflow>[]
}

export function referenceFaults(
  { bootEnvs, params, profiles, workflows }: ReferringDocuments,
  source: ParamSource,
): readonly DocumentFault[] {
  return [
    ...bootEnvs.flatMap((entry) => argumentFaults(entry, source)),
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

/** Everybody on the network can read what a kernel is started with. */
function argumentFaults(
  { document, faultAt }: ShelfEntry<BootEnv>,
  source: ParamSource,
): readonly DocumentFault[] {
  if (document.kind !== 'sledgehammer') return []
  return document.kernelArguments.flatMap((argument, index) =>
    paramsNamedBy(argument).flatMap((name) => {
      const param = source.param(name)
      const path = ['kernelArguments', index]
      if (param === undefined) return [faultAt(path, unknownParam(name, source))]
      return isSecret(param) ? [faultAt(path, `${name} is secret, a command line is not`)] : []
    }),
  )
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
