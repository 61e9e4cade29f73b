import { inertText } from '../../../base/ascii.ts'
import type { Clock } from '../../../base/clock.ts'
import type { IdentityConflict } from '../../../contract/machine-standing.ts'
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
import { addChangeEvent, addConflictEvents, conflictFailure } from './identity/conflict-events.ts'
import { claimOf, factsOfInventory } from './identity/identity-facts.ts'
import { type IdentityVerdict, judgeIdentity } from './identity/judge-identity.ts'
import { addressesWith } from './machine-addresses.ts'
import { settledState } from './machine-after-run.ts'
import { isUndecided, type NewcomerSources, settleNewcomer } from './newcomer.ts'
import { blockedState } from './standing.ts'

export interface AgentReceptionOptions extends ConversationOptions, NewcomerSources {
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
      const { boot } = decision
      const owner = this.#options.state.machine(boot.machineId)
      if (owner === undefined) {
        return this.#refuse(hello, refusal('ERR_TOKEN_UNKNOWN', 'the machine is gone'))
      }
      if (isOccupied) {
        const message = 'the agent of another boot of this machine is alive'
        return this.#refuse(hello, refusal('ERR_MACHINE_OCCUPIED', message), owner)
      }
      if (owner.retirement !== undefined) {
        return this.#refuse(hello, refusal('ERR_MACHINE_RETIRED', 'it is out of use'), owner)
      }
      if (!owner.macAddresses.includes(boot.macAddress)) {
        const message = 'its network card is of another machine by now; boot again'
        return this.#refuse(hello, refusal('ERR_TOKEN_SUPERSEDED', message), owner)
      }
      return this.#receive(hello, link, boot, owner)
    })
  }

  /** Whoever shows the token of a machine has yet to look like it. */
  async #receive(
    hello: AgentHello,
    link: AgentLink,
    boot: BootRecord,
    owner: Machine,
  ): Promise<JoinAnswer> {
    if (owner.conflict?.kind === 'contradicts') {
      return this.#refuse(hello, inDoubt(owner.conflict), owner)
    }
    if (owner.conflict !== undefined) return this.#admit(hello, link, boot, owner)
    const verdict = this.#judge(hello, boot, owner)
    if (verdict.kind === 'new') return this.#admit(hello, link, boot, owner)
    if (verdict.kind === 'same') {
      const { machine, changes } = verdict
      const found = { ...boot, machineId: machine.id }
      const also = machine.id === owner.id ? {} : { absorbed: owner }
      return this.#admit(hello, link, found, machine, { changes, ...also })
    }
    const { clock } = this.#options
    const claim = claimOf(hello.inventory, boot.macAddress)
    const conflict = { ...verdict.conflict, claim, atMs: clock.nowMs() }
    if (conflict.kind === 'resembles') {
      return this.#admit(hello, link, boot, { ...owner, conflict })
    }
    await this.#quarantine({ ...owner, conflict }, conflict)
    return this.#refuse(hello, inDoubt(conflict), owner)
  }

  #judge({ inventory }: AgentHello, { macAddress }: BootRecord, owner: Machine): IdentityVerdict {
    const claim = factsOfInventory(inventory, macAddress)
    const others = this.#options.state.machinesLike(claim).filter(({ id }) => id !== owner.id)
    return judgeIdentity({ claim, owner, others })
  }

  /** The record keeps what it knew; whatever was ordered for the machine waits for a person. */
  async #quarantine(machine: Machine, conflict: IdentityConflict): Promise<void> {
    const { keeper } = this.#options
    const step = keeper.begin(machine, 'daemon')
    addConflictEvents(step, conflict)
    step.feed({ kind: 'stuck', failure: conflictFailure(conflict) })
    step.changeMachine({ state: blockedState(step.machine) ?? step.machine.state })
    await keeper.store(step)
  }

  /** Asked before anything is held up: the far end of a dead link takes seconds to be known as dead. */
  async #isOccupied(hello: AgentHello): Promise<boolean> {
    const { sessions, state } = this.#options
    const boot = await this.#findBoot(hello)
    const owner = boot && state.machine(boot.machineId)
    if (boot === undefined || owner === undefined) return false
    const verdict = this.#judge(hello, boot, owner)
    const ids = new Set([owner.id, ...(verdict.kind === 'same' ? [verdict.machine.id] : [])])
    for (const id of ids) {
      const present = sessions.of(id)
      if (present === undefined || present.bootId === boot.id) continue
      if (await present.link.isAlive()) return true
    }
    return false
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
    { changes = [], absorbed }: { changes?: readonly string[]; absorbed?: Machine } = {},
  ): Promise<JoinAnswer> {
    const { keeper, sessions, clock, timers } = this.#options
    const principal = `agent:${machine.name}`
    const before = this.#options.state.machine(machine.id)
    const step = keeper.begin(this.#informed(machine, hello, boot), principal, boot.id)
    step.addBoot(boot)
    if (absorbed !== undefined) step.absorb(absorbed)
    if (changes.length > 0) addChangeEvent(step, changes)
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
    const { conflict } = machine
    if (conflict !== undefined && before?.conflict === undefined) {
      addConflictEvents(step, conflict)
      step.feed({ kind: 'stuck', failure: conflictFailure(conflict) })
    }
    if (isUndecided(step.machine)) {
      step.continueAs('daemon')
      await settleNewcomer(step, this.#options, clock.nowMs())
    }
    if (conflict === undefined) step.feed({ kind: 'wake' })
    if (step.run === undefined) step.changeMachine({ state: settledState(step.machine) })
    await keeper.commit(step)
    this.remember(boot)
    const agent: ConnectedAgent = { machineId: machine.id, bootId: boot.id, link }
    sessions.add(agent)
    const { id: machineId, name: machineName } = step.machine
    link.send({ frame: 'welcome', machineId, machineName, daemonTimeMs: clock.nowMs() })
    keeper.follow(step)
    const session = new AgentConversation(agent, hello.publicKey, this.#options, timers)
    return { kind: 'joined', session }
  }

  #informed(machine: Machine, hello: AgentHello, boot: BootRecord): Machine {
    const { state, clock } = this.#options
    const { inventory, address } = hello
    const ownerOf = (mac: Machine['macAddresses'][number]) => {
      const owner = state.machineAt(mac)
      return owner?.retirement === undefined ? owner?.id : undefined
    }
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

function inDoubt({ because }: IdentityConflict): Refusal {
  return refusal('ERR_MACHINE_IN_CONFLICT', because)
}
