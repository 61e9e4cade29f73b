import type { Clock } from '../../../base/clock.ts'
import { inertText } from '../../../base/ascii.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { BootRecord } from '../bootenv/boot-record.ts'
import type { BootTokens } from '../bootenv/boot-tokens.ts'
import { type JoinDecision, decideJoin } from '../bootenv/decide-join.ts'
import type { Secrets } from '../bootenv/secrets.ts'
import type { EventSink } from '../event/event-sink.ts'
import type { EngineState } from '../workflow/engine-state.ts'
import type { RunKeeper } from '../workflow/run-keeper.ts'
import type { Timers } from '../workflow/timers.ts'
import { AgentConversation, type ConversationOptions } from './agent-conversation.ts'
import type { AgentDesk, AgentHello, AgentLink, JoinAnswer } from './agent-desk.ts'
import type { AgentSessions, ConnectedAgent } from './agent-sessions.ts'
import { settledState } from './machine-after-run.ts'
import { addressesWith } from './machine-addresses.ts'

export interface AgentReceptionOptions extends ConversationOptions {
  readonly state: EngineState
  readonly keeper: RunKeeper
  readonly sessions: AgentSessions
  readonly tokens: BootTokens
  readonly secrets: Secrets
  readonly events: EventSink
  readonly clock: Clock
  readonly timers: Timers
}

type Refusal = Extract<JoinDecision, { kind: 'refused' }>

/** Lets agents in: the right token, the right key, and nobody in the place of an agent that is alive. */
export class AgentReception implements AgentDesk {
  readonly #options: AgentReceptionOptions
  /** When the newest boot that an agent joined with was made, by machine. */
  readonly #newestJoined = new Map<string, number>()

  constructor(options: AgentReceptionOptions) {
    this.#options = options
  }

  /** Tells of a boot that an agent joined before the daemon started. */
  remember(boot: BootRecord): void {
    if (boot.publicKey === undefined) return
    const newest = this.#newestJoined.get(boot.machineId) ?? 0
    this.#newestJoined.set(boot.machineId, Math.max(newest, boot.createdAtMs))
  }

  async join(hello: AgentHello, link: AgentLink): Promise<JoinAnswer> {
    const isOccupied = await this.#isOccupied(hello)
    return this.#options.state.exclusively(async () => {
      const decision = await this.#decide(hello)
      if (decision.kind === 'refused') return this.#refuse(hello, decision)
      const machine = this.#options.state.machine(decision.boot.machineId)
      if (machine === undefined) {
        return this.#refuse(hello, refusal('ERR_TOKEN_UNKNOWN', 'the machine is gone'))
      }
      if (isOccupied) {
        const message = 'the agent of another boot of this machine is alive'
        return this.#refuse(hello, refusal('ERR_MACHINE_OCCUPIED', message), machine)
      }
      return this.#admit(hello, link, decision.boot, machine)
    })
  }

  /** Asked before anything is held up: the far end of a dead link takes seconds to be known as dead. */
  async #isOccupied(hello: AgentHello): Promise<boolean> {
    const boot = await this.#findBoot(hello)
    const present = boot && this.#options.sessions.of(boot.machineId)
    if (boot === undefined || present === undefined || present.bootId === boot.id) return false
    return present.link.isAlive()
  }

  async #decide(hello: AgentHello): Promise<JoinDecision> {
    const { tokens, secrets } = this.#options
    const boot = await this.#findBoot(hello)
    const isExpired = boot !== undefined && tokens.isExpired(boot)
    const decision = decideJoin(boot, hello.publicKey, isExpired, secrets)
    if (decision.kind === 'refused') return decision
    const newest = this.#newestJoined.get(decision.boot.machineId) ?? 0
    return decision.boot.createdAtMs < newest
      ? refusal('ERR_TOKEN_SUPERSEDED', 'the machine has booted since; boot again')
      : decision
  }

  #findBoot(hello: AgentHello): Promise<BootRecord | undefined> {
    const { state, secrets } = this.#options
    return state.store.findBootByToken(secrets.hashOf(hello.token))
  }

  async #admit(
    hello: AgentHello,
    link: AgentLink,
    boot: BootRecord,
    machine: Machine,
  ): Promise<JoinAnswer> {
    const { keeper, sessions, clock, timers } = this.#options
    const principal = `agent:${machine.name}`
    const step = keeper.begin(this.#informed(machine, hello, boot), principal, boot.id)
    step.addBoot(boot)
    const isReturn = (await this.#findBoot(hello))?.publicKey !== undefined
    step.addEvent({
      type: 'agent',
      action: isReturn ? 'reconnected' : 'joined',
      key: machine.id,
      body: {
        bootId: boot.id,
        agentVersion: inertText(hello.agentVersion),
        uptimeMs: hello.uptimeMs,
        ...(hello.address === undefined ? {} : { address: hello.address }),
      },
    })
    step.feed({ kind: 'wake' })
    if (step.run === undefined) step.changeMachine({ state: settledState(step.machine) })
    await keeper.commit(step)
    this.remember(boot)
    const agent: ConnectedAgent = { machineId: machine.id, bootId: boot.id, link }
    sessions.add(agent)
    const { id: machineId, name: machineName } = machine
    link.send({ frame: 'welcome', machineId, machineName, daemonTimeMs: clock.nowMs() })
    keeper.follow(step)
    const session = new AgentConversation(agent, hello.publicKey, this.#options, timers)
    return { kind: 'joined', session }
  }

  #informed(machine: Machine, hello: AgentHello, boot: BootRecord): Machine {
    const { state, clock } = this.#options
    const { inventory, address } = hello
    const ownerOf = (mac: Machine['macAddresses'][number]) => state.machineAt(mac)?.id
    return {
      ...machine,
      inventory,
      macAddresses: addressesWith(machine, boot.macAddress, inventory, ownerOf),
      lastSeenAtMs: clock.nowMs(),
      ...(address === undefined ? {} : { address }),
    }
  }

  #refuse(hello: AgentHello, { code, message }: Refusal, machine?: Machine): JoinAnswer {
    const { events, clock } = this.#options
    const alarm = code === 'ERR_TOKEN_TAKEN' || code === 'ERR_MACHINE_OCCUPIED'
    for (const type of alarm ? ['agent', 'token'] : ['agent']) {
      events.record({
        timeMs: clock.nowMs(),
        type,
        action: 'refused',
        key: machine?.id ?? hello.address ?? 'unknown',
        principal: 'daemon',
        ...(machine === undefined ? {} : { machineId: machine.id }),
        body: { code, message, ...(hello.address === undefined ? {} : { address: hello.address }) },
      })
    }
    return { kind: 'refused', code, message }
  }
}

function refusal(code: string, message: string): Refusal {
  return { kind: 'refused', code, message }
}
