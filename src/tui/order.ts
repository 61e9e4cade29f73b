import type { Digest } from '../base/digest.ts'
import type { Machine } from '../contract/machine.ts'
import type { InterventionVerb, Run } from '../contract/run.ts'
import { hasEnded } from '../presentation/run-stages.ts'
import { shortId } from '../presentation/shown-text.ts'

/** What a person may do to a run that is there. */
export type RunVerb = Extract<InterventionVerb, 'approve' | 'hold' | 'release' | 'retry' | 'cancel'>

/** What a person may say of a machine: a newcomer may be used, or one is not to be used any more. */
export type MachineOrderVerb = 'admit' | 'retire'

/** Something that a person wants changed. */
export type Order =
  | { readonly verb: RunVerb; readonly runs: readonly Run[]; readonly note?: string }
  | {
      readonly verb: MachineOrderVerb
      readonly machines: readonly Machine[]
      readonly note?: string
    }
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

/** Newcomers among them, about whom nobody has said yet that they may be used. */
export function newcomersAmong(machines: readonly Machine[]): Machine[] {
  return machines.filter(({ state }) => state === 'pending-approval')
}

/** The daemon's word for an order about machines. */
export function machineVerb(verb: MachineOrderVerb): 'approve' | 'retire' {
  return verb === 'admit' ? 'approve' : verb
}

/** The same as a command line: what a person could have typed. */
export function orderCommands(order: Order): string[] {
  if (order.verb === 'deploy') return order.deployments.map(deployCommand)
  const note = order.note === undefined ? '' : ` --note '${order.note.replaceAll("'", "'\\''")}'`
  if ('machines' in order) {
    const names = order.machines.map(({ name }) => name).join(' ')
    return [`repave machine ${machineVerb(order.verb)} ${names}${note}`]
  }
  return order.runs.map((run) => `repave run ${order.verb} ${shortId(run.id)}${note}`)
}

function deployCommand({ machine, workflow, params }: Deployment): string {
  const how = workflow === 'deploy-image' ? '' : ` --workflow ${workflow}`
  return `repave machine deploy ${machine.name} --image ${params.imageName ?? 'IMAGE'}${how}`
}
