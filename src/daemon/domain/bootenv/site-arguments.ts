import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import { freezeParams, paramsWithin } from '../param/resolve-params.ts'
import type { ContentSource } from '../workflow/content-source.ts'
import { currentTask } from '../workflow/run-step.ts'
import { type RenderedArguments, renderKernelArguments } from './kernel-arguments.ts'

/** What the site adds to sledgehammer's command line, with the params of the run under way, else of the machine. */
export function siteArguments(
  machine: Machine,
  run: Run | undefined,
  content: ContentSource,
): RenderedArguments {
  const bootEnv = content.bootEnv('sledgehammer')
  const templates = bootEnv?.kind === 'sledgehammer' ? bootEnv.kernelArguments : []
  const frozen = run?.frozenParams ?? freezeParams({ machine }, content)
  const stage = run === undefined ? undefined : currentTask(run)?.stage
  return renderKernelArguments(templates, paramsWithin(frozen, stage))
}
