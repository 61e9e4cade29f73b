import type { Clock } from '../../base/clock.ts'
import { matches } from '../../stream/verified.ts'
import type { DiskMedium } from './disk-medium.ts'
import { HeldBack } from './held-back.ts'
import { ChunkTable } from './lanes/chunk-table.ts'
import { LaneCounters } from './lanes/lane-counters.ts'
import { LaneCrew } from './lanes/lane-crew.ts'
import type { ProgressMeter } from './progress-meter.ts'
import type { WritePlan } from './write-plan.ts'

export interface CompareOptions {
  readonly target: DiskMedium
  readonly plan: WritePlan
  /** Named to the lanes; nothing is fetched from it. */
  readonly packUrl: URL
  readonly laneCount: number
  readonly meter: ProgressMeter
  readonly clock: Clock
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

/** Which chunks of the image are not on the disk as they should be. Reads all of it, writes nothing. */
export async function differingChunks(options: CompareOptions): Promise<WritePlan['chunks']> {
  const { plan, meter, laneCount } = options
  const table = ChunkTable.of(plan)
  const counters = LaneCounters.forLanes(laneCount)
  const share = {
    ...{ table: table.memory, heldBack: HeldBack.of(plan.heldBack).memory },
    ...{ counters: counters.memory, packUrl: options.packUrl.href, patienceMs: undefined },
  }
  await using crew = new LaneCrew({ ...options, share })
  using _following = meter.follow(counters)
  meter.begin('verify', plan.rawBytes)
  const spans = plan.chunks.map(({ index }) => ({ firstChunk: index, chunkCount: 1 }))
  await crew.run('scan', spans)
  meter.end()
  return plan.chunks.filter((chunk) => {
    const measured = table.measured(chunk.index)
    return measured === undefined || !matches(chunk, measured)
  })
}
