import type { Machine } from '../../../contract/machine.ts'
import type { ParamValues } from '../../../contract/param.ts'
import type { Run } from '../../../contract/run.ts'
import { paramsWithin } from '../param/resolve-params.ts'
import type { HookCaller, HookOutcome } from './hook-caller.ts'
import { currentTask } from './run-step.ts'

/** The calls under way, by attempt, so that they can be ended. */
export class HookCalls {
  readonly #caller: HookCaller
  readonly #underWay = new Map<string, AbortController>()

  constructor(caller: HookCaller) {
    this.#caller = caller
  }

  /** Calls the hook of the run's current task. */
  async call(run: Run, machine: Machine, attemptId: string): Promise<HookOutcome> {
    const current = currentTask(run)
    if (current?.task.action !== 'call-hook') {
      const message = 'no hook is due'
      return { lines: [], failure: { code: 'ERR_ORDER_IMPOSSIBLE', message, retryable: false } }
    }
    const abort = new AbortController()
    this.#underWay.set(attemptId, abort)
    try {
      return await this.#caller.call(
        {
          hook: current.task.hook,
          stage: current.stage,
          task: current.task.name,
          attemptId,
          runId: run.id,
          workflow: run.workflow,
          machineId: machine.id,
          machineName: machine.name,
          macAddresses: machine.macAddresses,
          labels: machine.labels ?? {},
          params: plainParams(run, current.stage),
          ...(machine.address === undefined ? {} : { address: machine.address }),
          ...(run.params.imageName === undefined ? {} : { imageName: run.params.imageName }),
        },
        abort.signal,
      )
    } finally {
      this.#underWay.delete(attemptId)
    }
  }

  stop(attemptId: string): void {
    this.#underWay.get(attemptId)?.abort()
  }

  stopAll(): void {
    for (const abort of this.#underWay.values()) abort.abort()
  }
}

function plainParams({ frozenParams }: Run, stage: string): ParamValues {
  if (frozenParams === undefined) return {}
  const plain = paramsWithin(frozenParams, stage).filter(({ isSecret }) => isSecret !== true)
  return Object.fromEntries(plain.map(({ name, value }) => [name, value]))
}
