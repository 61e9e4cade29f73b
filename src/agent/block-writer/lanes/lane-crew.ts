import type { Clock } from '../../../base/clock.ts'
import type { DiskMedium } from '../disk-medium.ts'
import { Lane, type LaneShare, type LaneWork } from './lane.ts'
import { ThreadLane } from './thread-lane.ts'
import { type ChunkSpan, StepQueue } from './step-queue.ts'

export interface LaneCrewOptions {
  readonly laneCount: number
  readonly target: DiskMedium
  readonly share: LaneShare
  readonly clock: Clock
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

type CrewMember = (Disposable | AsyncDisposable) & { run(work: LaneWork): Promise<void> }

/** The lanes of one write: a thread each where the disk can be reached from threads. */
export class LaneCrew implements AsyncDisposable {
  readonly #stop = new AbortController()
  readonly #members: readonly CrewMember[]

  constructor({ laneCount, target, share, clock, log, signal }: LaneCrewOptions) {
    const world = { log, signal: AbortSignal.any([signal, this.#stop.signal]) }
    const { descriptor } = target
    this.#members = Array.from({ length: laneCount }, (_, index) =>
      descriptor === undefined
        ? new Lane(index, share, { ...world, target, clock })
        : new ThreadLane(index, { ...world, descriptor, share }),
    )
  }

  /**
   * Has all lanes do the steps. The first failure stops the others, and is thrown when all of them have
   * come to rest, so that no buffer or descriptor is in use any more.
   */
  async run(kind: LaneWork['kind'], spans: readonly ChunkSpan[]): Promise<void> {
    const work = { kind, steps: StepQueue.of(spans).memory }
    let failure: { readonly error: unknown } | undefined
    const runOne = async (member: CrewMember) => {
      try {
        await member.run(work)
      } catch (error) {
        failure ??= { error }
        this.#stop.abort(error)
      }
    }
    await Promise.all(this.#members.map(runOne))
    if (failure !== undefined) throw failure.error
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const endings = this.#members.map(async (member) => {
      if (Symbol.asyncDispose in member) await member[Symbol.asyncDispose]()
      else member[Symbol.dispose]()
    })
    await Promise.all(endings)
  }
}
