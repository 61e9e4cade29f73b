import type { NewRun } from '../../../contract/api-documents.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { RunPlan } from '../../../contract/run-plan.ts'
import type { InterventionVerb, Run, WriteProgress } from '../../../contract/run.ts'

export interface ProgressReport {
  readonly machineId: string
  readonly runId: string
  readonly progress: WriteProgress
}

/** What a person does to a run; see ./run-interventions.ts. */
export interface RunIntervention {
  readonly verb: InterventionVerb
  readonly principal: string
  readonly note?: string
  /** Of the run: refused when it is another by now. */
  readonly expectedRevision?: number
}

/** What a person can ask of the workflow engine. Every change is stored with its event before it resolves. */
export interface RunDesk {
  listUnfinished(): Promise<readonly Run[]>
  findRun(id: string): Promise<Run | undefined>
  /** What a run would do. Changes nothing. */
  previewRun(request: NewRun): Promise<RunPlan>
  /** @param expectedRevision of the machine: refused with a `RevisionChangedError` when it is another by now */
  createRun(request: NewRun, principal: string, expectedRevision?: number): Promise<Run>
  /**
   * `retry` of a run that has ended without success orders it anew and gives the new run; every other
   * verb changes the run that is named.
   *
   * @throws a coded error where the verb does not fit the run's state
   */
  intervene(id: string, intervention: RunIntervention): Promise<Run>
  /** Machines, unfinished runs and the newest of the others, oldest first, as they were at event `seq` or later. */
  snapshot(): Promise<{ seq: number; machines: readonly Machine[]; runs: readonly Run[] }>
  /** Live progress of writes, never stored. Returns what ends it. */
  onProgress(listener: (report: ProgressReport) => void): () => void
}
