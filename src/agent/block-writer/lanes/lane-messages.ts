import type { LaneFailure } from './lane-failure.ts'
import type { LaneShare, LaneWork } from './lane.ts'

/** What a thread is started with. The mark tells it from any other thread of this program. */
export interface LaneThreadData {
  readonly repaveLane: {
    readonly laneIndex: number
    readonly descriptor: number
    readonly share: LaneShare
  }
}

/** To a lane's thread: one work after the other, and when to stop. */
export type ToLane = { readonly work: LaneWork } | { readonly stop: true }

/** From a lane's thread: one `done` or `failed` for each work. */
export type FromLane =
  { readonly log: string } | { readonly done: true } | { readonly failed: LaneFailure }
