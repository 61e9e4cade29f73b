import { inertText } from '../../../base/ascii.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Logger } from '../../../base/logger.ts'
import type { AgentToDaemon, TaskResult } from '../../../contract/agent-frames.ts'
import type { Run } from '../../../contract/run.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import type { EventSink } from '../event/event-sink.ts'
import type { ImageStore } from '../image/image-store.ts'
import { receiptFault } from '../workflow/check-receipt.ts'
import type { EngineState } from '../workflow/engine-state.ts'
import type { ProgressReports } from '../workflow/progress-reports.ts'
import type { RunKeeper } from '../workflow/run-keeper.ts'
import { currentTask, endsBoot, isSystemAction } from '../workflow/run-step.ts'
import type { Timers } from '../workflow/timers.ts'
import type { AgentSession } from './agent-desk.ts'
import type { AgentSessions, ConnectedAgent } from './agent-sessions.ts'
import { LineBudget } from './line-budget.ts'
import { protectedAlso } from './protected-disks.ts'

export interface ConversationOptions {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly sessions: AgentSessions
  readonly images: Pick<ImageStore, 'findImage'>
  readonly progress: ProgressReports
  readonly secrets: Secrets
  readonly events: EventSink
  readonly clock: Clock
  readonly logger: Logger
}

type Frame = Parameters<AgentSession['receive']>[0]

/** How long an agent may be away before that is an event; with 30 s of silence before, 45 s in all. */
export const absenceMs = 15_000

/** What one joined agent says, until it is gone. */
export class AgentConversation implements AgentSession {
  readonly #agent: ConnectedAgent
  readonly #publicKey: string
  readonly #options: ConversationOptions
  readonly #timers: Timers
  readonly #lineBudget: LineBudget

  constructor(
    agent: ConnectedAgent,
    publicKey: string,
    options: ConversationOptions,
    timers: Timers,
  ) {
    this.#agent = agent
    this.#publicKey = publicKey
    this.#options = options
    this.#timers = timers
    this.#lineBudget = new LineBudget(options.clock)
  }

  async receive(frame: Frame): Promise<void> {
    if (!this.#isCurrent()) return
    if (frame.frame === 'result') {
      await this.#options.state.exclusively(() => this.#takeResult(frame))
    } else if (frame.frame === 'progress') {
      this.#takeProgress(frame)
    } else {
      this.#takeLog(frame)
    }
  }

  closed(): void {
    if (!this.#options.sessions.remove(this.#agent)) return
    this.#timers.after(absenceMs, () => this.#sayIfLost())
  }

  #isCurrent(): boolean {
    return this.#options.sessions.of(this.#agent.machineId) === this.#agent
  }

  /** Every result is acknowledged once it is stored or known to be of no use, so that it ends. */
  async #takeResult(result: TaskResult): Promise<void> {
    const { state, keeper, clock } = this.#options
    const machine = state.machine(this.#agent.machineId)
    if (machine === undefined || !this.#isCurrent()) return
    const step = keeper.begin(machine, `agent:${machine.name}`)
    const { inventory, dataDisks } = result.facts
    const isTaken = step.feed({ kind: 'result', ...(await this.#proven(result, step.run)) })
    if (isTaken) {
      step.changeMachine({
        lastSeenAtMs: clock.nowMs(),
        ...(inventory === undefined ? {} : { inventory }),
        ...(dataDisks === undefined ? {} : protectedAlso(machine, dataDisks)),
      })
      await keeper.commit(step)
    }
    this.#agent.link.send({ frame: 'result-ack', attemptId: result.attemptId })
    if (isTaken) keeper.follow(step)
  }

  /** The result itself, or a failure in its place when its receipt proves nothing. */
  async #proven(result: TaskResult, run: Run | undefined): Promise<TaskResult> {
    const { receipt } = result.facts
    const isCurrent = run !== undefined && currentTask(run)?.attemptId === result.attemptId
    if (!isCurrent || receipt === undefined || result.outcome === 'failed') return result
    const image =
      run.imageDigest === undefined
        ? undefined
        : await this.#options.images.findImage(run.imageDigest)
    const subject = { publicKey: this.#publicKey, run, image }
    const fault = receiptFault(receipt, subject, this.#options.secrets)
    if (fault === undefined) return result
    const message = `the receipt proves nothing: ${inertText(fault, 500)}`
    const failure = { code: 'ERR_RECEIPT_INVALID', message, retryable: false }
    return { ...result, outcome: 'failed', facts: {}, failure }
  }

  #takeProgress({ attemptId, progress }: Extract<AgentToDaemon, { frame: 'progress' }>): void {
    const { machineId } = this.#agent
    const run = this.#options.state.runOf(machineId)
    if (run === undefined || currentTask(run)?.attemptId !== attemptId) return
    this.#options.progress.publish({ machineId, runId: run.id, progress })
  }

  #takeLog(frame: Extract<AgentToDaemon, { frame: 'log' }>): void {
    const { events, clock, state } = this.#options
    const { machineId } = this.#agent
    const lines = this.#lineBudget.take(frame.lines).map((line) => inertText(line, 2000))
    if (lines.length === 0) return
    const run = state.runOf(machineId)
    events.record({
      timeMs: clock.nowMs(),
      type: 'log',
      action: 'lines',
      key: machineId,
      principal: `agent:${state.machine(machineId)?.name ?? machineId}`,
      machineId,
      ...(run === undefined ? {} : { runId: run.id }),
      body: { lines, ...(frame.attemptId === undefined ? {} : { attemptId: frame.attemptId }) },
    })
  }

  /** An agent that was told to restart its machine is not lost. */
  #sayIfLost(): void {
    const { state, sessions, events, clock, keeper, logger } = this.#options
    const { machineId, bootId } = this.#agent
    const machine = state.machine(machineId)
    if (machine === undefined || sessions.of(machineId) !== undefined) return
    const run = state.runOf(machineId)
    const action = run === undefined ? undefined : currentTask(run)?.task.action
    const isExpected = endsBoot(action) || isSystemAction(action) || run?.endingBootId === bootId
    if (isExpected || machine.state === 'deployed') return
    keeper.agentLost(machineId).catch((error: unknown) => {
      logger.error({ err: error, machine: machine.name }, 'a lost agent could not be recorded')
    })
    events.record({
      timeMs: clock.nowMs(),
      type: 'agent',
      action: 'lost',
      key: machineId,
      principal: 'daemon',
      machineId,
      ...(run === undefined ? {} : { runId: run.id }),
      body: { bootId, machineName: machine.name },
    })
  }
}
