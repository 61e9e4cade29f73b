import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import type { Workflow } from '../../../contract/workflow.ts'
import type { ParamSource } from '../param/param-source.ts'
import { freezeParams, paramsWithin } from '../param/resolve-params.ts'
import type { ContentSource } from '../workflow/content-source.ts'
import { currentTask, isEnded } from '../workflow/run-step.ts'
import { type RenderedArguments, renderKernelArguments } from './kernel-arguments.ts'

type ArgumentSource = ParamSource & Pick<ContentSource, 'bootEnv'>

/** What the site adds to sledgehammer's command line, with the params of the run under way, else of the machine. */
export function siteArguments(
  machine: Machine,
  run: Run | undefined,
  content: ArgumentSource,
): RenderedArguments {
  const frozen = run?.frozenParams ?? freezeParams({ machine }, content)
  const stage = run === undefined ? undefined : currentTask(run)?.stage
  return renderKernelArguments(templatesOf(content), paramsWithin(frozen, stage))
}

/** The same for a boot that has not come yet, and for one that would begin `workflow`. */
export function previewSiteArguments(
  machine: Machine,
  { run, workflow }: { readonly run?: Run | undefined; readonly workflow?: Workflow | undefined },
  content: ArgumentSource,
): RenderedArguments {
  if (workflow === undefined) {
    return siteArguments(machine, run === undefined || isEnded(run) ? undefined : run, content)
  }
  const frozen = freezeParams({ machine, workflow }, content)
  return renderKernelArguments(templatesOf(content), paramsWithin(frozen, workflow.stages[0]?.name))
}

function templatesOf(content: ArgumentSource): readonly string[] {
  const bootEnv = content.bootEnv('sledgehammer')
  return bootEnv?.kind === 'sledgehammer' ? bootEnv.kernelArguments : []
}
