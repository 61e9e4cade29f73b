import type { Digest } from '../base/digest.ts'
import type { Machine } from '../contract/machine.ts'
import type { InterventionVerb, Run } from '../contract/run.ts'
import { hasEnded } from '../presentation/run-stages.ts'
import { shortId } from '../presentation/shown-text.ts'

/** What a person may do to a run that is there. */
export type RunVerb = Extract<InterventionVerb, 'approve' | 'hold' | 'release' | 'retry' | 'cancel'>

/** Something that a person wants changed. */
export type Order =
  | { readonly verb: RunVerb; readonly runs: readonly Run[]; readonly note?: string }
  | { readonly verb: 'deploy'; readonly deployments: readonly Deployment[] }

export interface Deployment {
  readonly machine: Machine
  readonly workflow: string
  readonly params: Run['params']
  /** The plan that was agreed to, once it was. */
  readonly plan?: Digest
}

const takes: Readonly<Record<RunVerb, (run: Run) => boolean>> = {
  approve: (run) => run.state === 'waiting-approval',
  hold: (run) => !hasEnded(run) && run.state !== 'held',
  release: (run) => run.state === 'held',
  retry: (run) => run.state === 'failed' || run.state === 'held' || run.state === 'lost',
  cancel: (run) => !hasEnded(run),
}

/** Those of `runs` that `verb` means something to. */
export function runsFor(verb: RunVerb, runs: readonly Run[]): Run[] {
  return runs.filter(takes[verb])
}

/** The same as a command line: what a person could have typed. */
export function orderCommands(order: Order): string[] {
  if (order.verb !== 'deploy') {
    const note = order.note === undefined ? '' : ` --note '${order.note.replaceAll("'", "'\\''")}'`
    return order.runs.map((run) => `repave run ${order.verb} ${shortId(run.id)}${note}`)
  }
  return order.deployments.map(({ machine, workflow, params }) => {
    const how = workflow === 'deploy-image' ? '' : ` --workflow ${workflow}`
    return `repave machine deploy ${machine.name} --image ${params.imageName ?? 'IMAGE'}${how}`
  })
}
