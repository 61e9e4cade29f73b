import type { Clock } from '../../../base/clock.ts'
import type { Logger } from '../../../base/logger.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import type { BootHistory } from '../bootenv/boot-history.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import type { EventSink } from '../event/event-sink.ts'
import type { AgentSessions } from '../machine/agent-sessions.ts'
import type { EngineState } from './engine-state.ts'
import type { HookCaller } from './hook-caller.ts'
import { HookCalls } from './hook-calls.ts'
import { idleReason } from './idle-reason.ts'
import { MachineStep } from './machine-step.ts'
import { currentTask } from './run-step.ts'
import { type OrderSources, orderFor } from './task-order.ts'
import type { Timers } from './timers.ts'
import { type Deadline, type RunInput, nextDeadline } from './workflow-run.ts'
import type { WriteLine } from './write-line.ts'

export interface RunKeeperOptions {
  readonly state: EngineState
  readonly sessions: AgentSessions
  readonly boots: BootHistory
  readonly orders: OrderSources
  readonly hooks: HookCaller
  readonly events: EventSink
  readonly line: WriteLine
  readonly clock: Clock
  readonly timers: Timers
  readonly secrets: Secrets
  readonly logger: Logger
}

/** How soon a step that could not be stored is tried again. */
const retryStoreMs = 5000
const longestDelayMs = 86_400_000
/** How long an agent may be silent before it counts as lost. */
const silenceMs = 45_000

/** Stores steps and then does what they ask for: orders to agents, and a timer for each deadline. */
export class RunKeeper {
  readonly #options: RunKeeperOptions
  readonly #timers = new Map<string, Deadline & { readonly stop: () => void }>()
  readonly #hooks: HookCalls
  readonly #daemonBootId: string

  constructor(options: RunKeeperOptions) {
    this.#options = options
    this.#daemonBootId = options.secrets.newId()
    this.#hooks = new HookCalls(options.hooks)
  }

  /** Takes up every unfinished run where the store has it. */
  async resume(): Promise<void> {
    const { state } = this.#options
    for (const run of state.unfinishedRuns()) {
      await this.#feed(run.machineId, { kind: 'wake' })
      this.#watch(state.runOf(run.machineId) ?? run)
      // Agents that were at work come back within seconds, or something is wrong with them.
      this.#options.timers.after(silenceMs, () => {
        if (this.#options.sessions.of(run.machineId) !== undefined) return
        this.#inBackground(this.agentLost(run.machineId))
      })
    }
  }

  stop(): void {
    for (const { stop } of this.#timers.values()) stop()
    this.#timers.clear()
    this.#hooks.stopAll()
  }

  /** A step for a machine as it stands. `agentBootId` where an agent is just joining. */
  begin(machine: Machine, principal: string, agentBootId?: string): MachineStep {
    const { state } = this.#options
    return new MachineStep(
      state.machine(machine.id),
      machine,
      state.runOf(machine.id),
      this.#world(machine.id, principal, agentBootId),
    )
  }

  /** @throws what the store throws; nothing has changed then */
  async store(step: MachineStep): Promise<void> {
    await this.commit(step)
    this.follow(step)
  }

  async commit(step: MachineStep): Promise<void> {
    const change = step.finish()
    if (change.events.length > 0 || step.isRunChanged) await this.#options.state.commit(change)
    if (step.isProgress) this.#options.boots.forget(step.machine.id)
    if (step.isTurnFree) this.#inBackground(this.#giveTurns())
  }

  /** Tells the machine's run that its agent has fallen silent. */
  agentLost(machineId: string): Promise<void> {
    return this.#feed(machineId, { kind: 'agent-lost' })
  }

  /** Whatever a stored step asks for. */
  follow(step: MachineStep): void {
    const { machine, run, effects } = step
    if (run !== undefined) this.#watch(run)
    const link = this.#options.sessions.of(machine.id)?.link
    for (const effect of effects) {
      const { kind, attemptId } = effect
      if (kind === 'stop') {
        link?.send({ frame: 'cancel', attemptId })
        this.#hooks.stop(attemptId)
      } else {
        this.#inBackground(
          kind === 'call' ? this.#call(machine.id, attemptId) : this.#order(machine.id, attemptId),
        )
      }
    }
    const reason = idleReason(run, machine)
    if (reason !== undefined) link?.send({ frame: 'idle', waitingFor: reason })
  }

  /** Whoever stands first in the line begins to write. */
  async #giveTurns(): Promise<void> {
    const { state, line } = this.#options
    await state.settled()
    for (const { machineId } of line.order().admitted) {
      await this.#feed(machineId, { kind: 'wake' })
    }
  }

  #world(machineId: string, principal: string, agentBootId?: string) {
    const { clock, secrets, sessions } = this.#options
    const bootId = agentBootId ?? sessions.of(machineId)?.bootId
    return {
      nowMs: clock.nowMs(),
      principal,
      newId: () => secrets.newId(),
      daemonBootId: this.#daemonBootId,
      mayWrite: (run: Run) => this.#options.line.mayWrite(run),
      ...(bootId === undefined ? {} : { agentBootId: bootId }),
    }
  }

  async #feed(machineId: string, input: RunInput): Promise<void> {
    const { state } = this.#options
    await state.exclusively(async () => {
      const machine = state.machine(machineId)
      if (machine === undefined) return
      const step = this.begin(machine, 'daemon')
      if (step.feed(input)) await this.store(step)
    })
  }

  /** Sends the attempt's order, unless something else has become current meanwhile. */
  async #order(machineId: string, attemptId: string): Promise<void> {
    const { state, sessions, orders } = this.#options
    const machine = state.machine(machineId)
    const run = state.runOf(machineId)
    if (machine === undefined || run === undefined) return
    const result = await orderFor(run, machine, orders)
    const now = state.runOf(machineId)
    const current = now === undefined ? undefined : currentTask(now)
    if (current?.attemptId !== attemptId) return
    if (!result.ok) {
      const { failure } = result
      const input = { kind: 'result', attemptId, outcome: 'failed', facts: {}, failure } as const
      return this.#feed(machineId, input)
    }
    const { stage, task } = current
    const frame = { frame: 'task', runId: run.id, attemptId, stage, task: task.name } as const
    sessions.of(machineId)?.link.send({ ...frame, order: result.order })
  }

  async #call(machineId: string, attemptId: string): Promise<void> {
    const { state } = this.#options
    const machine = state.machine(machineId)
    const run = state.runOf(machineId)
    if (machine === undefined || run === undefined) return
    const { lines, failure } = await this.#hooks.call(run, machine, attemptId)
    if (lines.length > 0) {
      this.#options.events.record({
        timeMs: this.#options.clock.nowMs(),
        ...{ type: 'log', action: 'lines', key: machineId, principal: 'daemon' },
        ...{ machineId, runId: run.id, body: { lines: [...lines], attemptId } },
      })
    }
    const outcome = failure === undefined ? 'succeeded' : 'failed'
    await this.#feed(machineId, {
      kind: 'result',
      ...{ attemptId, outcome, facts: {} },
      ...(failure === undefined ? {} : { failure }),
    })
  }

  /** One timer a run, for its next deadline; wall-clock jumps do not move one that ticks. */
  #watch(run: Run): void {
    const due = nextDeadline(run)
    const set = this.#timers.get(run.id)
    if (set?.deadlineAtMs === due?.deadlineAtMs && set?.taskIndex === due?.taskIndex) return
    set?.stop()
    this.#timers.delete(run.id)
    if (due === undefined) return
    const delayMs = due.deadlineAtMs - this.#options.clock.nowMs()
    this.#arm(run, due, Math.min(Math.max(delayMs, 0), longestDelayMs))
  }

  #arm(run: Run, due: Deadline, delayMs: number): void {
    const stop = this.#options.timers.after(delayMs, () => {
      const expiry = this.#feed(run.machineId, { kind: 'deadline', ...due })
      this.#inBackground(
        expiry.catch((error: unknown) => {
          this.#arm(run, due, retryStoreMs)
          throw error
        }),
      )
    })
    this.#timers.set(run.id, { ...due, stop })
  }

  #inBackground(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'a step of a run could not be taken')
    })
  }
}
