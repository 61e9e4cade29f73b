import type { Clock } from '../../../base/clock.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { EventSink } from '../event/event-sink.ts'
import { settledState } from '../machine/machine-after-run.ts'
import type { ContentSource } from '../workflow/content-source.ts'
import type { EngineState } from '../workflow/engine-state.ts'
import type { MachineStep } from '../workflow/machine-step.ts'
import type { RunKeeper } from '../workflow/run-keeper.ts'
import { isEnded } from '../workflow/run-step.ts'
import type { ScriptClient, ScriptDecider, ScriptDecision } from './boot-client.ts'
import type { BootHistory } from './boot-history.ts'
import type { BootTokens } from './boot-tokens.ts'
import { type BootDecision, bootLoopCode, decideBoot } from './resolve-boot.ts'
import type { Secrets } from './secrets.ts'

export interface BootDeskOptions {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly boots: BootHistory
  readonly tokens: BootTokens
  readonly content: ContentSource
  readonly events: EventSink
  readonly clock: Clock
  readonly secrets: Secrets
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
    const decision = this.#take(step)
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
    return script
  }

  /** The step takes what follows for run and machine; a page that asks again is no boot. */
  #take(step: MachineStep): BootDecision {
    const { boots } = this.#options
    step.feed({ kind: 'machine-booted' })
    const run = step.run === undefined || isEnded(step.run) ? undefined : step.run
    const decision = decideBoot({
      machine: step.machine,
      ...(run === undefined ? {} : { run }),
      recentBoots: step.isProgress ? 1 : boots.count(step.machine.id) + 1,
    })
    if (decision.target === 'hold') {
      const failure = { code: bootLoopCode, message: decision.because, retryable: false }
      step.feed({ kind: 'hold', failure })
      step.changeMachine({ state: 'held' })
    } else if (step.machine.state === 'held' && run === undefined) {
      step.changeMachine({ state: settledState(step.machine) })
    }
    return decision
  }

  #script(step: MachineStep, client: ScriptClient, decision: BootDecision): ScriptDecision {
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

function sledgehammerArguments(content: ContentSource): readonly string[] {
  const bootEnv = content.bootEnv('sledgehammer')
  return bootEnv?.kind === 'sledgehammer' ? bootEnv.kernelArguments : []
}
