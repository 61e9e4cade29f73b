import type { ParamValues } from '../../../contract/param.ts'
import type { Failure } from '../../../contract/run.ts'

/** What a hook is told about the task that calls it. */
export interface HookCall {
  readonly hook: string
  readonly stage: string
  readonly task: string
  readonly attemptId: string
  readonly runId: string
  readonly workflow: string
  readonly machineId: string
  readonly machineName: string
  readonly macAddresses: readonly string[]
  readonly address?: string
  readonly labels: Readonly<Record<string, string>>
  readonly imageName?: string
  /** What each param is in this stage; secret ones are not told. */
  readonly params: ParamValues
}

/** How a call went. */
export interface HookOutcome {
  /** What it printed, for the log of the run. */
  readonly lines: readonly string[]
  /** Why it failed, where it did. */
  readonly failure?: Failure
}

/**
 * Calls what the site has behind a name: a load balancer to drain, an inventory to write to. The names
 * stand in the daemon's configuration; a workflow can choose among them and nothing else.
 */
export interface HookCaller {
  has(hook: string): boolean
  /** Never rejects. */
  call(call: HookCall, signal: AbortSignal): Promise<HookOutcome>
}
