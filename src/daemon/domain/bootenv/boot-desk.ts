import type { Clock } from '../../../base/clock.ts'
import { messageOf } from '../../../base/coded-error.ts'
import type { BootDecisionAnswer } from '../../../contract/api-documents.ts'
import type { NetworkPlace } from '../../../contract/machine-standing.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import type { EventSink } from '../event/event-sink.ts'
import type { AgentSessions } from '../machine/agent-sessions.ts'
import { settledState } from '../machine/machine-after-run.ts'
import { nameOfAddress } from '../machine/machine-name.ts'
import type { EngineState } from '../workflow/engine-state.ts'
import { prepareOwnRun } from '../workflow/last-deployment.ts'
import type { MachineStep } from '../workflow/machine-step.ts'
import { type RunSources, runFor } from '../workflow/prepare-run.ts'
import type { RunKeeper } from '../workflow/run-keeper.ts'
import { currentTask, endsBoot, isEnded, isSystemAction } from '../workflow/run-step.ts'
import type { BootAttempts } from './boot-attempts.ts'
import type { ScriptClient, ScriptDecider, ScriptDecision } from './boot-client.ts'
import type { BootHistory } from './boot-history.ts'
import type { BootTokens } from './boot-tokens.ts'
import { isSamePort, type NetworkPlaces, placeText } from './network-places.ts'
import {
  type BootDecision,
  type BootSituation,
  bootLoopCode,
  bootWindowMs,
  decideBoot,
  maximumBoots,
} from './resolve-boot.ts'
import { siteArguments } from './site-arguments.ts'
import { maximumUnknownMachines, roomForUnknown } from './unknown-machines.ts'

/** What is left when {@link decideBoot}'s `begin-run` has been acted on. */
type FinalDecision = Exclude<BootDecision, { target: 'begin-run' }>

export interface BootDeskOptions extends RunSources {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly boots: BootHistory
  readonly attempts: BootAttempts
  readonly places: NetworkPlaces
  readonly sessions: AgentSessions
  readonly tokens: BootTokens
  readonly events: EventSink
  readonly clock: Clock
  /** Of the listener that the agent comes to, without trailing slash. */
  readonly agentUrl: string
}

const holdRetrySeconds = 60

/** Decides what each boot script does, and stores the decision with the token it hands out. */
export class BootDesk implements ScriptDecider {
  readonly #options: BootDeskOptions

  constructor(options: BootDeskOptions) {
    this.#options = options
  }

  async decideScript(client: ScriptClient): Promise<ScriptDecision> {
    const victim = await this.#livingBearerOf(client)
    if (victim !== undefined) return this.#turnAway(client, victim)
    return this.#options.state.exclusively(() => this.#decide(client))
  }

  /** The machine with this address whose agent answers now: it cannot be booting. */
  async #livingBearerOf({ macAddress }: ScriptClient): Promise<Machine | undefined> {
    const { sessions, state } = this.#options
    const machine = state.machineAt(macAddress)
    const session = machine && sessions.of(machine.id)
    return session !== undefined && (await session.link.isAlive()) ? machine : undefined
  }

  /** Somebody else uses its address. No token: a page that says so, and an alarm. */
  #turnAway(
    { macAddress, platform, address }: ScriptClient,
    { id, name, place }: Machine,
  ): ScriptDecision {
    const { clock, events, places } = this.#options
    const seenAt = places.of(macAddress)
    const because = `the agent of ${name} answers: another machine boots by its address ${macAddress}`
    const happening = { timeMs: clock.nowMs(), principal: 'daemon', machineId: id }
    const where = {
      address,
      ...(seenAt === undefined ? {} : { seenAt: placeText(seenAt) }),
      ...(place === undefined ? {} : { usuallyAt: placeText(place) }),
    }
    events.record({
      ...{ ...happening, type: 'machine', action: 'impostor', key: id },
      body: { machineName: name, because, ...where },
    })
    events.record({
      ...{ ...happening, type: 'boot', action: 'decided', key: macAddress },
      body: { target: 'hold', because, platform, machineName: name, isExpected: false },
    })
    return { machineName: name, because, target: 'hold', retrySeconds: holdRetrySeconds }
  }

  /** What the machine would boot now. Nothing is changed, and no boot is counted. */
  async previewDecision(machine: Machine): Promise<BootDecisionAnswer> {
    const step = this.#options.keeper.begin(machine, 'daemon')
    step.feed({ kind: 'machine-booted' })
    const situation = await this.#situation(step)
    const decision = decideBoot(situation)
    const { because } = decision
    const answer = { machineName: machine.name, because, recentBoots: situation.recentBoots }
    if (decision.target !== 'begin-run') return { ...answer, target: decision.target }
    const { workflow } = decision
    try {
      await prepareOwnRun(step.machine, workflow, this.#options)
    } catch (error) {
      return { ...answer, target: 'local-disk', because: cannotBe(because, error) }
    }
    return { ...answer, target: 'sledgehammer', workflow }
  }

  async #decide(client: ScriptClient): Promise<ScriptDecision> {
    const { state, keeper } = this.#options
    const known = state.machineAt(client.macAddress)
    const now = this.#options.clock.nowMs()
    const room = known === undefined ? roomForUnknown(state.machines(), now) : undefined
    if (room?.kind === 'full') return this.#refuse(client)
    const machine = known ?? this.#newMachine(client, now)
    const place = this.#options.places.of(client.macAddress)
    const seen = {
      ...{ ...machine, address: client.address, lastSeenAtMs: now },
      ...(place === undefined ? {} : { place }),
    }
    const step = keeper.begin(seen, 'daemon')
    if (room?.kind === 'evict') step.remove(room.machine, 'room for a newer one')
    if (place !== undefined) noteMove(step, machine.place, place)
    const isExpected = isRestartExpected(step.run)
    const decision = await this.#take(step)
    const { target, because } = decision
    const { platform } = client
    step.addEvent({
      type: 'boot',
      action: 'decided',
      key: client.macAddress,
      body: { target, because, platform, machineName: machine.name, isExpected },
    })
    const script = this.#script(step, client, decision)
    await keeper.store(step)
    if (target !== 'hold' && !step.isProgress) this.#options.boots.add(machine.id)
    if (target === 'local-disk') this.#options.attempts.sendToDisk(client.macAddress)
    return script
  }

  /** The step takes what follows for run and machine; a page that asks again is no boot. */
  async #take(step: MachineStep): Promise<FinalDecision> {
    step.feed({ kind: 'machine-booted' })
    const decision = await this.#settle(step, await this.#situation(step))
    if (decision.target === 'hold') {
      const failure = { code: bootLoopCode, message: decision.because, retryable: false }
      step.feed({ kind: 'stuck', failure })
      step.changeMachine({ state: 'held' })
    } else if (step.machine.state === 'held' && unfinished(step.run) === undefined) {
      step.changeMachine({ state: settledState(step.machine) })
    }
    return decision
  }

  async #situation(step: MachineStep): Promise<BootSituation> {
    const run = unfinished(step.run)
    const [contestedBy] = this.#options.state.contesting(step.machine.id)
    return {
      machine: step.machine,
      ...(run === undefined ? {} : { run }),
      recentBoots: step.isProgress ? 1 : this.#options.boots.count(step.machine.id) + 1,
      recentOwnRuns: await this.#recentOwnRuns(step.machine),
      ...(contestedBy === undefined ? {} : { contestedBy }),
    }
  }

  async #recentOwnRuns({ id, onBoot }: Machine): Promise<number> {
    if (onBoot === 'local') return 0
    const { state, clock } = this.#options
    const sinceMs = clock.nowMs() - bootWindowMs
    const runs = await state.store.readRunsOf(id, maximumBoots)
    return runs.filter((run) => run.begunByBoot && run.createdAtMs > sinceMs).length
  }

  /** Whatever stands in the way of the run, the machine then boots what it has. */
  async #settle(step: MachineStep, situation: BootSituation): Promise<FinalDecision> {
    const decision = decideBoot(situation)
    if (decision.target !== 'begin-run') return decision
    const { workflow, because } = decision
    try {
      const prepared = await prepareOwnRun(step.machine, workflow, this.#options)
      const { secrets, clock } = this.#options
      const { run, nonce } = runFor(step.machine, prepared, secrets, clock.nowMs())
      step.beginRun(run, nonce)
    } catch (error) {
      return { target: 'local-disk', because: cannotBe(because, error) }
    }
    return { target: 'sledgehammer', because }
  }

  #script(step: MachineStep, client: ScriptClient, decision: FinalDecision): ScriptDecision {
    const { tokens, content, agentUrl } = this.#options
    const { because, target } = decision
    const machineName = step.machine.name
    if (target === 'hold') {
      return { machineName, because, target, retrySeconds: holdRetrySeconds }
    }
    const { token, boot } = tokens.mint(step.machine.id, client.macAddress)
    if (target === 'local-disk') {
      const { tokenHash: _unused, ...withoutToken } = boot
      step.addBoot(withoutToken)
      return { machineName, because, target }
    }
    step.addBoot(boot)
    const site = siteArguments(step.machine, unfinished(step.run), content)
    if (site.leftOut.length > 0) {
      const body = { machineName, leftOut: site.leftOut }
      step.addEvent({ type: 'boot', action: 'arguments-left-out', key: client.macAddress, body })
    }
    const kernelArguments = [
      `repave.url=${agentUrl}`,
      `repave.token=${token}`,
      `repave.mac=${client.macAddress}`,
      ...site.kernelArguments,
    ]
    return { machineName, because, target, kernelArguments }
  }

  #newMachine(client: ScriptClient, nowMs: number): Machine {
    const { state, secrets } = this.#options
    const id = secrets.newId()
    return {
      id,
      name: nameOfAddress(client.macAddress, id, state),
      state: 'discovering',
      foundBy: 'network',
      macAddresses: [client.macAddress],
      onBoot: 'local',
      createdAtMs: nowMs,
      lastSeenAtMs: nowMs,
      revision: 0,
    }
  }

  #refuse({ macAddress, platform }: ScriptClient): ScriptDecision {
    const because = `${maximumUnknownMachines} unknown machines wait already`
    const { events, clock } = this.#options
    events.record({
      timeMs: clock.nowMs(),
      type: 'boot',
      action: 'decided',
      key: macAddress,
      principal: 'daemon',
      body: { target: 'local-disk', because, platform },
    })
    return { machineName: 'unknown', because, target: 'local-disk' }
  }
}

/** Another port of a switch, where a relay names one. */
function noteMove(step: MachineStep, before: NetworkPlace | undefined, now: NetworkPlace): void {
  if (before === undefined || isSamePort(before, now)) return
  const { id, name } = step.machine
  const body = { machineName: name, from: placeText(before), to: placeText(now) }
  step.addEvent({ type: 'machine', action: 'moved', key: id, body })
}

function cannotBe(because: string, error: unknown): string {
  return `${because}, but cannot be: ${messageOf(error)}`
}

/** Whether we have told the machine to restart, or wait for its new system to start. */
function isRestartExpected(run: Run | undefined): boolean {
  if (run === undefined || isEnded(run)) return false
  const action = currentTask(run)?.task.action
  const isRestart = endsBoot(action) || isSystemAction(action)
  return isRestart || run.endingBootId !== undefined || run.startedAtMs === undefined
}

function unfinished(run: Run | undefined): Run | undefined {
  return run === undefined || isEnded(run) ? undefined : run
}
