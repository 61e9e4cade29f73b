import type { DiskMedium } from '../disk-medium.ts'
import type { HeldBack } from '../held-back.ts'
import type { PackReader } from '../pack-source.ts'
import type { ZstdDecoder } from '../zstd-decoder.ts'
import type { ChunkTable } from './chunk-table.ts'
import type { CountedField, LaneState } from './lane-counters.ts'

/** What one lane works with. Table and what is held back are shared, buffers and connection its own. */
export interface LaneTools {
  readonly target: DiskMedium
  readonly table: ChunkTable
  readonly heldBack: HeldBack
  readonly source: PackReader
  readonly decoder: ZstdDecoder
  /** One for each request that may be on its way. */
  readonly received: readonly Buffer[]
  /** Aligned, a chunk each: one is filled while others are on their way to or from the disk. */
  readonly raw: readonly Buffer[]
  /** A chunk of zeros, never written to. */
  readonly zeros: Buffer
  readonly signal: AbortSignal
  readonly log: (line: string) => void
  readonly count: (field: CountedField, count: number) => void
  readonly enter: (state: LaneState) => void
}
