import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { type InterventionVerb, type Run, runSchema } from '../../../../../src/contract/run.ts'
import { verbRefusal } from '../../../../../src/daemon/domain/workflow/run-interventions.ts'
import {
  type RunStep,
  currentTask,
  isEnded,
} from '../../../../../src/daemon/domain/workflow/run-step.ts'
import {
  type RunInput,
  nextDeadline,
  stepRun,
} from '../../../../../src/daemon/domain/workflow/workflow-run.ts'
import { deployTasks, disk, receipt, runWith, uuid } from './run-fixtures.ts'

/** What may happen between a daemon, a machine and a person, in any order. */
const happenings = [
  'agent joins',
  'agent is away',
  'machine boots anew',
  'result',
  'failure',
  'old result',
  'result of nobody',
  'deadline',
  'old deadline',
  'daemon restarts',
  'boot script',
  'phone home',
  'hold',
  'approve',
  'agent is lost',
  'turn is refused',
  'turn comes',
  'person holds',
  'person releases',
  'person steps',
  'person retries',
  'person skips',
] as const
type Happening = (typeof happenings)[number]

/** A run with a machine around it, and a memory of what was said before. */
class World {
  run: Run
  nowMs = 2000
  isAgentPresent = false
  mayWrite = true
  hasCalledHome = false
  readonly orders = new Map<string, { task: number; boot: number }>()
  #boot = 1
  #ids = 0x10000
  #exits = 0
  #oldResult: RunInput | undefined
  #oldDeadline: RunInput | undefined

  constructor(run = runWith(deployTasks)) {
    this.run = run
  }

  do(happening: Happening): void {
    this.nowMs += 1000
    switch (happening) {
      case 'agent joins':
        this.isAgentPresent = true
        return this.#take({ kind: 'wake' })
      case 'agent is away':
        this.isAgentPresent = false
        return
      case 'machine boots anew':
        this.#boot++
        this.isAgentPresent = true
        return this.#take({ kind: 'wake' })
      case 'result':
      case 'failure':
        return this.#report(happening === 'result' ? 'succeeded' : 'failed')
      case 'old result':
        return this.#oldResult && this.#take(this.#oldResult)
      case 'result of nobody':
        return this.#take({ ...this.#result('succeeded'), attemptId: uuid(0xdead) } as RunInput)
      case 'deadline':
        return this.#ring()
      case 'old deadline':
        return this.#oldDeadline && this.#take(this.#oldDeadline)
      case 'daemon restarts':
        this.isAgentPresent = false
        this.run = runSchema.parse(JSON.parse(JSON.stringify(this.run)))
        return this.#take({ kind: 'wake' })
      case 'boot script':
        return this.#take({ kind: 'machine-booted' })
      case 'phone home':
        return this.#phoneHome()
      case 'hold':
        return this.#take({
          kind: 'stuck',
          failure: { code: 'ERR_BOOT_LOOP', message: 'again', retryable: false },
        })
      case 'approve':
        return this.#take({ kind: 'intervention', verb: 'approve' })
      case 'agent is lost':
        this.isAgentPresent = false
        return this.#take({ kind: 'agent-lost' })
      case 'turn is refused':
        this.mayWrite = false
        return
      case 'turn comes':
        this.mayWrite = true
        return this.#take({ kind: 'wake' })
      case 'person holds':
        return this.#intervene('hold')
      case 'person releases':
        return this.#intervene('release')
      case 'person steps':
        return this.#intervene('step')
      case 'person retries':
        return this.#intervene('retry')
      case 'person skips':
        return this.#intervene('skip')
    }
  }

  #intervene(verb: InterventionVerb): void {
    const before = this.run
    this.#take({ kind: 'intervention', verb, by: 'operator:test' })
    // What a verb is refused for, it does not do either.
    if (verbRefusal(before, verb) !== undefined) expect(this.run).toBe(before)
  }

  #report(outcome: 'succeeded' | 'failed'): void {
    const result = this.#result(outcome)
    this.#oldResult = result
    this.#take(result)
  }

  #result(outcome: 'succeeded' | 'failed'): RunInput {
    const attemptId = currentTask(this.run)?.attemptId ?? uuid(0)
    // Every third script asks for more than to go on.
    const exitCodes = [0, 192, 0, 144, 0, 32, 0, 128, 0, 64]
    const exitCode = exitCodes[this.#exits++ % exitCodes.length] ?? 0
    const facts = outcome === 'succeeded' ? { disk, receipt, exitCode } : {}
    const failure = { code: 'ERR_X', message: 'broken', retryable: true }
    return {
      kind: 'result',
      attemptId,
      outcome,
      facts,
      ...(outcome === 'failed' ? { failure } : {}),
    }
  }

  #ring(): void {
    const deadline = nextDeadline(this.run)
    if (deadline === undefined) return
    this.#oldDeadline = { kind: 'deadline', ...deadline }
    this.#take(this.#oldDeadline)
  }

  #phoneHome(): void {
    this.#take({ kind: 'phone-home' })
    if (this.run.state === 'succeeded') this.hasCalledHome = true
  }

  #take(input: RunInput): void {
    const before = this.run
    const step = stepRun(before, input, {
      nowMs: this.nowMs,
      freshId: uuid(++this.#ids),
      mayWrite: () => this.mayWrite,
      ...(this.isAgentPresent ? { agentBootId: uuid(this.#boot) } : {}),
    })
    if (isStale(before, input)) expect(step).toEqual({ run: before, effects: [], happenings: [] })
    this.#check(before, step)
    this.run = step.run
  }

  #check(before: Run, step: RunStep): void {
    const { run } = step
    expect(run.taskIndex).toBeGreaterThanOrEqual(before.taskIndex)
    expect(run.revision - before.revision).toBe(run === before ? 0 : 1)
    expect(run.tasks.filter(({ state }) => state === 'running').length).toBeLessThanOrEqual(1)
    if (isEnded(before)) expect(run).toBe(before)
    // Held is held: nothing is under way but a task that a person may yet see end.
    if (run.state === 'held') expect(currentTask(run)?.state).not.toBe('running')
    if (run.state === 'queued' && run.startedAtMs !== undefined) {
      expect(currentTask(run)).toMatchObject({ state: 'pending', task: { action: 'write-image' } })
    }
    for (const effect of step.effects) {
      if (effect.kind === 'order') this.#checkOrder(run, effect.attemptId)
    }
  }

  /** An attempt is ordered to one boot for one task, and only while it is the one under way. */
  #checkOrder(run: Run, attemptId: string): void {
    expect(currentTask(run)).toMatchObject({ state: 'running', attemptId })
    const said = this.orders.get(attemptId) ?? { task: run.taskIndex, boot: this.#boot }
    expect(said).toEqual({ task: run.taskIndex, boot: this.#boot })
    this.orders.set(attemptId, said)
  }
}

/** A result of an attempt, or the ring of a deadline, that is not the one under way. */
function isStale(run: Run, input: RunInput): boolean {
  const current = currentTask(run)
  if (input.kind === 'result') {
    return current?.state !== 'running' || current.attemptId !== input.attemptId
  }
  const { taskIndex, deadlineAtMs } = input.kind === 'deadline' ? input : {}
  const isOther = run.taskIndex !== taskIndex || current?.deadlineAtMs !== deadlineAtMs
  return input.kind === 'deadline' && isOther
}

/** From wherever it is, a world that behaves brings the run to its end. */
function settle(world: World): void {
  for (let round = 0; round < 200 && !isEnded(world.run); round++) {
    const current = currentTask(world.run)
    if (!world.mayWrite) world.do('turn comes')
    if (world.run.state === 'held' || world.run.state === 'waiting-approval') world.do('approve')
    else if (current?.state === 'waiting-retry') world.do('deadline')
    else if (current?.task.action === 'await-phone-home') world.do('phone home')
    else {
      // A boot that was told to end does; the next one has an agent again.
      world.do(world.run.endingBootId === undefined ? 'agent joins' : 'machine boots anew')
      world.do('result')
    }
  }
}

const withScript = (task: { action: string }) =>
  task.action === 'script' ? { ...task, script: 'true' } : task

describe('stepRun', () => {
  it('E01, E02: whatever is lost, repeated, late or restarted, the run converges and never lies', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...happenings), { maxLength: 80 }), (script) => {
        const world = new World()
        for (const happening of script) world.do(happening)
        settle(world)
        expect(isEnded(world.run)).toBe(true)
        expect(runSchema.safeParse(world.run).success).toBe(true)
        expect(world.run.state === 'succeeded').toBe(world.hasCalledHome)
        if (world.run.state === 'succeeded') {
          // Only the tasks that prove nothing may be left out.
          for (const { state, task } of world.run.tasks) {
            const mayBeSkipped = task.action === 'inventory' || task.action === 'reboot'
            expect(mayBeSkipped ? ['succeeded', 'skipped'] : ['succeeded']).toContain(state)
          }
          expect(world.run).toMatchObject({ disk, receipt })
        }
      }),
      { numRuns: 500 },
    )
  })

  it('E01: whatever workflow it is, it comes to its end, and fails for what failed first', () => {
    const onError = fc.constantFrom('fail', 'hold', 'continue', { task: 'saves' })
    const action = fc.constantFrom('inventory', 'script', 'reboot', 'poweroff', 'approve')
    const tasks = fc.array(
      fc.record({ action, onError, needsApproval: fc.boolean(), name: fc.constant('some') }),
      { minLength: 1, maxLength: 6 },
    )
    const script = fc.array(fc.constantFrom(...happenings), { maxLength: 60 })
    fc.assert(
      fc.property(tasks, script, (list, events) => {
        const saves = { name: 'saves', action: 'script', script: 'true' }
        const world = new World(runWith(list.map(withScript), [saves]))
        for (const happening of events) world.do(happening)
        settle(world)
        const { state, failure, tasks: done } = world.run
        expect(isEnded(world.run)).toBe(true)
        expect(runSchema.safeParse(world.run).success).toBe(true)
        expect(state === 'succeeded').toBe(failure === undefined)
        const recovery = done.find(({ isRecovery }) => isRecovery)
        if (state === 'succeeded') expect(recovery?.state).toBe('skipped')
      }),
      { numRuns: 300 },
    )
  })

  it('E05: a cancelled run stays cancelled, whenever it was and whatever comes after', () => {
    const scripts = fc.array(fc.constantFrom(...happenings), { maxLength: 40 })
    fc.assert(
      fc.property(scripts, scripts, (before, after) => {
        const world = new World()
        for (const happening of before) world.do(happening)
        fc.pre(!isEnded(world.run))
        const freshId = uuid(0xffff)
        world.run = stepRun(
          world.run,
          { kind: 'intervention', verb: 'cancel' },
          { nowMs: world.nowMs, freshId },
        ).run
        for (const happening of after) world.do(happening)
        expect(world.run.state).toBe('cancelled')
      }),
    )
  })
})
