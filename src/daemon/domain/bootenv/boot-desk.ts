import type { Clock } from '../../../base/clock.ts'
import { messageOf } from '../../../base/coded-error.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import type { EventSink } from '../event/event-sink.ts'
import { settledState } from '../machine/machine-after-run.ts'
import type { ContentSource } from '../workflow/content-source.ts'
import type { EngineState } from '../workflow/engine-state.ts'
import { RunNotFoundError } from '../workflow/errors.ts'
import type { MachineStep } from '../workflow/machine-step.ts'
import { type RunSources, prepareRun, runFor } from '../workflow/prepare-run.ts'
import type { RunKeeper } from '../workflow/run-keeper.ts'
import { isEnded } from '../workflow/run-step.ts'
import type { ScriptClient, ScriptDecider, ScriptDecision } from './boot-client.ts'
import type { BootAttempts } from './boot-attempts.ts'
import type { BootHistory } from './boot-history.ts'
import type { BootTokens } from './boot-tokens.ts'
import { type BootDecision, type BootSituation, bootLoopCode, decideBoot } from './resolve-boot.ts'

/** What is left when {@link decideBoot}'s `reprovision` has been acted on. */
type FinalDecision = BootDecision & {
  readonly target: Exclude<BootDecision['target'], 'reprovision'>
}

export interface BootDeskOptions extends RunSources {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly boots: BootHistory
  readonly attempts: BootAttempts
  readonly tokens: BootTokens
  readonly events: EventSink
  readonly clock: Clock
  readonly provisioningUrl: string
}

/** Machines that were seen and never joined, at most; a flood of made-up addresses ends here. */
export const maximumUnknownMachines = 1000
const holdRetrySeconds = 60

/** Decides what each boot script does, and stores the decision with the token it hands out. */
export class BootDesk implements ScriptDecider {
  readonly #options: BootDeskOptions

  constructor(options: BootDeskOptions) {
    this.#options = options
  }

  decideScript(client: ScriptClient): Promise<ScriptDecision> {
    return this.#options.state.exclusively(() => this.#decide(client))
  }

  async #decide(client: ScriptClient): Promise<ScriptDecision> {
    const { state, keeper } = this.#options
    const known = state.machineAt(client.macAddress)
    if (known === undefined && this.#isFull()) return this.#refuse(client)
    const now = this.#options.clock.nowMs()
    const machine = known ?? this.#newMachine(client, now)
    const seen = { ...machine, address: client.address, lastSeenAtMs: now }
    const step = keeper.begin(seen, 'daemon')
    const decision = await this.#take(step)
    const { target, because } = decision
    const { platform } = client
    step.addEvent({
      type: 'boot',
      action: 'decided',
      key: client.macAddress,
      body: { target, because, platform, machineName: machine.name },
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
    const decision = await this.#settle(step, this.#situation(step))
    if (decision.target === 'hold') {
      const failure = { code: bootLoopCode, message: decision.because, retryable: false }
      step.feed({ kind: 'hold', failure })
      step.changeMachine({ state: 'held' })
    } else if (step.machine.state === 'held' && unfinished(step.run) === undefined) {
      step.changeMachine({ state: settledState(step.machine) })
    }
    return decision
  }

  #situation(step: MachineStep): BootSituation {
    const run = unfinished(step.run)
    return {
      machine: step.machine,
      ...(run === undefined ? {} : { run }),
      recentBoots: step.isProgress ? 1 : this.#options.boots.count(step.machine.id) + 1,
    }
  }

  /** Whatever stands in the way of building it anew, the machine then boots what it has. */
  async #settle(step: MachineStep, situation: BootSituation): Promise<FinalDecision> {
    const { target, because } = decideBoot(situation)
    if (target !== 'reprovision') return { target, because }
    try {
      await this.#repeatLastRun(step)
    } catch (error) {
      const reason = `${because}, but cannot be: ${messageOf(error)}`
      return { target: 'local-disk', because: reason }
    }
    return { target: 'sledgehammer', because }
  }

  /** The workflow and parameters of its last deployment; the image is the newest of that name. */
  async #repeatLastRun(step: MachineStep): Promise<void> {
    const { state, secrets, clock } = this.#options
    const { runs } = await state.store.readSnapshot()
    const last = runs.findLast(
      (run) => run.machineId === step.machine.id && run.state === 'succeeded' && run.receipt,
    )
    if (last === undefined) throw new RunNotFoundError('that deployed it')
    const prepared = await prepareRun(last.workflow, last.params, this.#options)
    const { run, nonce } = runFor(step.machine, prepared, secrets, clock.nowMs())
    step.beginRun(run, nonce)
  }

  #script(step: MachineStep, client: ScriptClient, decision: FinalDecision): ScriptDecision {
    const { tokens, content, provisioningUrl } = this.#options
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
    const kernelArguments = [
      `repave.url=${provisioningUrl}`,
      `repave.token=${token}`,
      `repave.mac=${client.macAddress}`,
      ...sledgehammerArguments(content),
    ]
    return { machineName, because, target, kernelArguments }
  }

  #newMachine(client: ScriptClient, nowMs: number): Machine {
    const { state, secrets } = this.#options
    const id = secrets.newId()
    const name = `m-${client.macAddress.replaceAll(':', '')}`
    return {
      id,
      name: state.machineCalled(name) === undefined ? name : `${name}-${id.slice(0, 8)}`,
      state: 'discovering',
      macAddresses: [client.macAddress],
      onBoot: 'local',
      createdAtMs: nowMs,
      lastSeenAtMs: nowMs,
      revision: 0,
    }
  }

  #isFull(): boolean {
    const unknown = this.#options.state
      .machines()
      .filter(({ state, inventory }) => state === 'discovering' && inventory === undefined)
    return unknown.length >= maximumUnknownMachines
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

function unfinished(run: Run | undefined): Run | undefined {
  return run === undefined || isEnded(run) ? undefined : run
}

function sledgehammerArguments(content: ContentSource): readonly string[] {
  const bootEnv = content.bootEnv('sledgehammer')
  return bootEnv?.kind === 'sledgehammer' ? bootEnv.kernelArguments : []
}
