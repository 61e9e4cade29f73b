import type { AgentToDaemon, TaskResult } from '../contract/agent-frames.ts'
import type { WriteProgress } from '../contract/run.ts'
import { CancelledError } from './cancelled-error.ts'
import type { DaemonFrame } from './daemon-link.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './tasks/task-context.ts'
import { failureOf, runTask } from './tasks/run-task.ts'
import { ScriptFailedError } from './tasks/script.ts'

type TaskFrame = DaemonFrame<'task'>

/** What the loop says, and to whom. */
export interface LoopVoice {
  readonly send: (frame: AgentToDaemon) => void
  /** Resolves when the daemon has acknowledged it. */
  readonly deliver: (result: TaskResult) => Promise<void>
  readonly log: (line: string, attemptId: string) => void
  /** What the console shows. */
  readonly show: (doing: string, progress?: WriteProgress) => void
}

interface Running {
  readonly attemptId: string
  readonly abort: AbortController
}

/** Finished attempts that are remembered, should the daemon order one of them again. */
const rememberedResults = 64

/**
 * Does what it is told, one attempt at a time. An attempt that is running is not begun again; one
 * that is finished is answered with its result; a new one ends the one before.
 */
export class AgentLoop implements Disposable {
  readonly #world: AgentWorld
  readonly #voice: LoopVoice
  readonly #finished = new Map<string, TaskResult>()
  #running: Running | undefined
  #next: { readonly frame: TaskFrame; readonly machineId: string } | undefined

  constructor(world: AgentWorld, voice: LoopVoice) {
    this.#world = world
    this.#voice = voice
  }

  /** Whether a task is under way. */
  get busy(): boolean {
    return this.#running !== undefined
  }

  order(frame: TaskFrame, machineId: string): void {
    const known = this.#finished.get(frame.attemptId)
    if (known !== undefined) {
      void this.#voice.deliver(known)
      return
    }
    if (this.#running?.attemptId === frame.attemptId) return
    this.#next = { frame, machineId }
    if (this.#running === undefined) this.#startNext()
    else this.#running.abort.abort(new CancelledError())
  }

  /** Whatever is under way stops where it is; nobody is told. */
  [Symbol.dispose](): void {
    this.#next = undefined
    this.#running?.abort.abort(new CancelledError())
  }

  cancel(attemptId: string): void {
    if (this.#next?.frame.attemptId === attemptId) {
      this.#next = undefined
      void this.#finish(attemptId, failed(attemptId, new CancelledError()))
    } else if (this.#running?.attemptId === attemptId) {
      this.#running.abort.abort(new CancelledError())
    }
  }

  #startNext(): void {
    const next = this.#next
    if (next === undefined) return
    this.#next = undefined
    const { frame, machineId } = next
    const { attemptId, runId } = frame
    const abort = new AbortController()
    this.#running = { attemptId, abort }
    const doing = `${frame.stage} / ${frame.task}`
    const { log, show, send } = this.#voice
    show(doing)
    log(`${frame.task}: begun`, attemptId)
    const context: TaskContext = {
      ...{ machineId, runId, attemptId, signal: abort.signal },
      log: (line) => log(line, attemptId),
      report: (progress) => {
        show(doing, progress)
        send({ frame: 'progress', attemptId, progress })
      },
    }
    void this.#run(frame, context)
  }

  async #run(frame: TaskFrame, context: TaskContext): Promise<void> {
    const { attemptId, signal } = context
    let outcome: TaskOutcome | undefined
    let result: TaskResult
    try {
      outcome = await runTask(this.#world, frame.order, context)
      result = { frame: 'result', attemptId, outcome: 'succeeded', facts: outcome.facts }
      context.log(`${frame.task}: succeeded`)
    } catch (error) {
      // Whatever an aborted task trips over, the reason is that it was told to stop.
      result = failed(attemptId, signal.aborted ? signal.reason : error)
      context.log(`${frame.task}: failed: ${result.failure?.code} ${result.failure?.message}`)
    }
    this.#running = undefined
    this.#voice.show(`${frame.stage} / ${frame.task}: ${result.outcome}`)
    const acknowledged = this.#finish(attemptId, result)
    this.#startNext()
    if (outcome?.afterAcknowledged === undefined) return
    await acknowledged
    await this.#after(outcome.afterAcknowledged, context)
  }

  /** The result is given already: a failure here can only be logged. */
  async #after(act: () => Promise<void>, context: TaskContext): Promise<void> {
    try {
      await act()
    } catch (error) {
      context.log(`after the acknowledgement: ${failureOf(error).message}`)
    }
  }

  #finish(attemptId: string, result: TaskResult): Promise<void> {
    this.#finished.set(attemptId, result)
    for (const oldest of this.#finished.keys()) {
      if (this.#finished.size <= rememberedResults) break
      this.#finished.delete(oldest)
    }
    return this.#voice.deliver(result)
  }
}

function failed(attemptId: string, error: unknown): TaskResult {
  const failure = failureOf(error)
  const { exitCode } = error instanceof ScriptFailedError ? error : {}
  const facts = exitCode === undefined ? {} : { exitCode }
  return { frame: 'result', attemptId, outcome: 'failed', facts, failure }
}
