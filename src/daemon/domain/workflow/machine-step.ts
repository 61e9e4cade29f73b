import type { NewEvent } from '../../../contract/event.ts'
import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import type { BootRecord } from '../bootenv/boot-record.ts'
import { machineAfterRun } from '../machine/machine-after-run.ts'
import { driftOf, driftWith } from './count-drift.ts'
import type { RunEffect } from './run-step.ts'
import type { PhoneHomeNonce, StateChange } from './state-store.ts'
import { type RunInput, stepRun } from './workflow-run.ts'
import { holdsTurn } from './write-turns.ts'

export interface StepWorld {
  readonly nowMs: number
  /** Who causes it: `daemon`, `agent:<machine>`, `operator:<name>`. */
  readonly principal: string
  newId(): string
  /** Which boot of the machine has an agent connected now, if any. */
  readonly agentBootId?: string
  /** Which start of the daemon this is. */
  readonly daemonBootId: string
  mayWrite(run: Run): boolean
}

type PlainEvent = Pick<NewEvent, 'type' | 'action' | 'key'> & {
  readonly body: object
  /** Where it is on the timeline of another machine. */
  readonly machineId?: string
}

/** One change to one machine and its run, gathered first and stored as a whole. */
export class MachineStep {
  readonly #world: StepWorld
  readonly #before: Machine | undefined
  readonly #runBefore: Run | undefined
  readonly #effects: RunEffect[] = []
  readonly #events: (() => NewEvent)[] = []
  readonly #boots: BootRecord[] = []
  readonly #nonces: PhoneHomeNonce[] = []
  readonly #also: Machine[] = []
  readonly #removed: string[] = []
  #principal: string
  #machine: Machine
  #run: Run | undefined
  #isRunChanged = false
  #isProgress = false

  /** `before` is undefined for a machine that is new. */
  constructor(
    before: Machine | undefined,
    machine: Machine,
    run: Run | undefined,
    world: StepWorld,
  ) {
    this.#before = before
    this.#machine = machine
    this.#run = run
    this.#runBefore = run
    this.#world = world
    this.#principal = world.principal
  }

  get machine(): Machine {
    return this.#machine
  }

  /** The unfinished run, or the one that this step ended. */
  get run(): Run | undefined {
    return this.#run
  }

  get effects(): readonly RunEffect[] {
    return this.#effects
  }

  /** Whether the run wrote before and does so no more: somebody else may have its turn. */
  get isTurnFree(): boolean {
    const wrote = this.#runBefore !== undefined && holdsTurn(this.#runBefore)
    return wrote && (this.#run === undefined || !holdsTurn(this.#run))
  }

  get isRunChanged(): boolean {
    return this.#isRunChanged
  }

  /** Whether the machine got any further; one that does not, and keeps booting, is held. */
  get isProgress(): boolean {
    return this.#isProgress
  }

  changeMachine(changes: Partial<Machine>): void {
    this.#machine = { ...this.#machine, ...changes }
  }

  /** The record of the other goes: it was this machine all along. Its addresses come over. */
  absorb(other: Machine): void {
    const all = [...new Set([...this.#machine.macAddresses, ...other.macAddresses])]
    this.changeMachine({ macAddresses: all })
    this.remove(other, `it is ${this.#machine.name}`)
  }

  /** The record of another machine goes; its runs and events stay. */
  remove({ id, name, macAddresses }: Machine, because: string): void {
    this.#removed.push(id)
    const body = { machineName: name, because, macAddresses }
    this.addEvent({ type: 'machine', action: 'removed', key: id, body, machineId: id })
  }

  /** A machine that comes out of this one. */
  addMachine(machine: Machine): void {
    this.#also.push(machine)
    const { id } = machine
    this.addEvent({ type: 'machine', action: 'created', key: id, body: { machine }, machineId: id })
  }

  /** One that a boot begins by itself is no progress: such machines, too, may boot in a loop. */
  beginRun(run: Run, nonce: PhoneHomeNonce): void {
    this.#run = run
    this.#isRunChanged = true
    this.#isProgress ||= run.begunByBoot === undefined
    this.#machine = machineAfterRun(this.#machine, run)
    this.#nonces.push(nonce)
    this.#addRunEvent('created', {})
    this.feed({ kind: 'wake' })
  }

  /** Hands the input to the run, if there is one; `facts` go into its events. Returns whether it changed. */
  feed(input: RunInput, facts: object = {}): boolean {
    if (this.#run === undefined) return false
    const { nowMs, agentBootId, daemonBootId } = this.#world
    const step = stepRun(this.#run, input, {
      nowMs,
      freshId: this.#world.newId(),
      daemonBootId,
      mayWrite: (run) => this.#world.mayWrite(run),
      ...(agentBootId === undefined ? {} : { agentBootId }),
    })
    this.#effects.push(...step.effects)
    if (step.run === this.#run) return false
    this.#run = step.run
    this.#isRunChanged = true
    this.#machine = machineAfterRun(this.#machine, step.run)
    this.#isProgress ||= input.kind === 'intervention' && input.verb !== 'hold'
    for (const { action, ...happening } of step.happenings) {
      this.#isProgress ||= action === 'task-succeeded'
      this.#addRunEvent(action, { ...happening, ...facts })
      if (action === 'task-succeeded') this.#countDrift(step.run, happening.task)
    }
    return true
  }

  /** What a write onto a disk that held the same image had to change. */
  #countDrift(run: Run, taskName: string | undefined): void {
    const found = driftOf(run, taskName)
    if (found === undefined) return
    const drift = driftWith(this.#machine.drift, found.bytesDifferent, this.#world.nowMs)
    this.#machine = { ...this.#machine, drift }
    this.addEvent({
      type: 'machine',
      action: 'drift',
      key: this.#machine.id,
      body: { runId: run.id, ...found, ...drift },
    })
  }

  addEvent(event: PlainEvent): void {
    this.#addLater(() => event)
  }

  /** What is added from here on is caused by somebody else. */
  continueAs(principal: string): void {
    this.#principal = principal
  }

  addBoot(boot: BootRecord): void {
    this.#boots.push(boot)
  }

  addNonce(nonce: PhoneHomeNonce): void {
    this.#nonces.push(nonce)
  }

  /** Everything to store; events carry machine and run as the whole step leaves them. */
  finish(): StateChange {
    const isMachineChanged = this.#machine !== this.#before
    if (isMachineChanged && this.#before !== undefined) {
      this.#machine = { ...this.#machine, revision: this.#before.revision + 1 }
    }
    const machine = this.#machine
    if (isMachineChanged) {
      const action = this.#before === undefined ? 'created' : 'updated'
      this.#addLater(() => ({ type: 'machine', action, key: machine.id, body: { machine } }))
    }
    return {
      machines: [...(isMachineChanged ? [machine] : []), ...this.#also],
      ...(this.#removed.length === 0 ? {} : { removedMachineIds: this.#removed }),
      runs: this.#isRunChanged && this.#run !== undefined ? [this.#run] : [],
      boots: this.#boots,
      nonces: this.#nonces,
      events: this.#events.map((event) => event()),
    }
  }

  #addRunEvent(action: string, facts: object): void {
    this.#addLater(() => ({
      type: 'run',
      action,
      key: this.#run?.id ?? '',
      body: { run: this.#run, ...facts },
    }))
  }

  /** Its body is made when the step is done. */
  #addLater(event: () => PlainEvent): void {
    const principal = this.#principal
    this.#events.push(() => this.#stamped(event(), principal))
  }

  #stamped(
    { type, action, key, body, machineId = this.#machine.id }: PlainEvent,
    principal: string,
  ): NewEvent {
    return {
      timeMs: this.#world.nowMs,
      type,
      action,
      key,
      principal,
      machineId,
      ...(type === 'run' ? { runId: key } : {}),
      body: body as NewEvent['body'],
    }
  }
}
