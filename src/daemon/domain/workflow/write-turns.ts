import type { Machine } from '../../../contract/machine.ts'
import type { Run } from '../../../contract/run.ts'
import { currentTask, isWritingAction } from './run-step.ts'

/** How many machines may write at once. */
export interface WriteLimits {
  readonly daemon: number
  /** Of one `rack` label; machines without one count as a rack of their own kind. */
  readonly rack: number
  readonly image: number
}

export interface WriteCandidate {
  readonly run: Run
  readonly rack: string
}

/** A place in the line, first is 1; `limit` is what it waits for. */
export type QueuePlace = NonNullable<Run['queue']>

/** Whether an attempt at writing is under way. */
export function holdsTurn({ state, tasks, taskIndex }: Run): boolean {
  const current = tasks[taskIndex]
  return state === 'running' && current?.state === 'running' && isWritingAction(current.task.action)
}

export function waitsForTurn(run: Run): boolean {
  return run.state === 'queued' && run.queuedAtMs !== undefined && currentTask(run) !== undefined
}

export function rackOf({ labels }: Machine): string {
  return labels?.['rack'] ?? ''
}

/** Who may begin to write now, and who waits in which place and for what. */
export interface WriteOrder {
  readonly admitted: readonly Run[]
  readonly waiting: ReadonlyMap<string, QueuePlace>
}

/**
 * Takes from the rack that has the fewest at it, the longest waiting first, so that no rack starves
 * another; one that only its image holds up lets the others pass.
 */
export function orderWrites(all: readonly WriteCandidate[], limits: WriteLimits): WriteOrder {
  const taken = new Counts()
  for (const one of all) if (holdsTurn(one.run)) taken.add(one)
  const line = all
    .filter(({ run }) => waitsForTurn(run))
    .toSorted((left, right) => (left.run.queuedAtMs ?? 0) - (right.run.queuedAtMs ?? 0))
  const admitted: Run[] = []
  const waiting = new Map<string, QueuePlace>()
  for (const one of fairly(line, taken)) {
    const limit = taken.reached(one, limits)
    if (limit === undefined) {
      admitted.push(one.run)
      taken.add(one)
    } else {
      waiting.set(one.run.id, { position: waiting.size + 1, limit })
    }
  }
  return { admitted, waiting }
}

/** Racks by turns, beginning with the one that has the fewest at it. */
function fairly(line: readonly WriteCandidate[], taken: Counts): WriteCandidate[] {
  const racks = Map.groupBy(line, ({ rack }) => rack)
  const ranked = [...racks.entries()].flatMap(([rack, ones]) =>
    ones.map((one, index) => ({ one, rank: taken.ofRack(rack) + index })),
  )
  return ranked.toSorted((left, right) => left.rank - right.rank).map(({ one }) => one)
}

class Counts {
  #all = 0
  readonly #racks = new Map<string, number>()
  readonly #images = new Map<string, number>()

  add({ run, rack }: WriteCandidate): void {
    this.#all++
    this.#racks.set(rack, this.ofRack(rack) + 1)
    const image = run.imageDigest ?? ''
    this.#images.set(image, (this.#images.get(image) ?? 0) + 1)
  }

  ofRack(rack: string): number {
    return this.#racks.get(rack) ?? 0
  }

  reached({ run, rack }: WriteCandidate, limits: WriteLimits): QueuePlace['limit'] | undefined {
    if (this.#all >= limits.daemon) return 'daemon'
    if (this.ofRack(rack) >= limits.rack) return 'rack'
    return (this.#images.get(run.imageDigest ?? '') ?? 0) >= limits.image ? 'image' : undefined
  }
}
