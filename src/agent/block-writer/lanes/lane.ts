import type { Clock } from '../../../base/clock.ts'
import { allocateAligned, allocateOne } from '../aligned-memory.ts'
import type { DiskMedium } from '../disk-medium.ts'
import { HeldBack, type HeldBackMemory } from '../held-back.ts'
import { PackFile } from '../pack-file.ts'
import { PackSource, type PackReader } from '../pack-source.ts'
import { ZstdDecoder } from '../zstd-decoder.ts'
import { ChunkTable, type ChunkTableMemory } from './chunk-table.ts'
import { LaneCounters } from './lane-counters.ts'
import type { LaneTools } from './lane-tools.ts'
import { lookSteps, scanSteps, verifySteps } from './measure-steps.ts'
import { StepQueue, type StepQueueMemory } from './step-queue.ts'
import { writeSteps } from './write-steps.ts'

/** What all lanes of a write share; may be handed to a thread as it is. */
export interface LaneShare {
  /** `http:` or `file:` */
  readonly packUrl: string
  readonly table: ChunkTableMemory
  readonly heldBack: HeldBackMemory
  readonly counters: SharedArrayBuffer
  /** See {@link PackSource}. */
  readonly patienceMs: number | undefined
  /** See {@link PackSource}. */
  readonly localAddress?: string | undefined
}

export interface LaneWorld {
  readonly target: DiskMedium
  readonly clock: Clock
  readonly log: (line: string) => void
  /** Ends the lane's work; the lane then does no more. */
  readonly signal: AbortSignal
}

/** One kind of step, done by all lanes until none is left. */
export interface LaneWork {
  readonly kind: 'scan' | 'look' | 'write' | 'verify'
  readonly steps: StepQueueMemory
}

/** A second range on its way while the first is decoded keeps the connection busy. */
const requestsInFlight = 2
/** One is decoded into while the other is on its way to the disk; a third gains nothing but memory. */
const rawBuffers = 2

const doSteps = { scan: scanSteps, look: lookSteps, write: writeSteps, verify: verifySteps }

/** One of the lanes that do the work of a write side by side, each with a connection and buffers of its own. */
export class Lane implements Disposable {
  readonly #tools: LaneTools

  constructor(laneIndex: number, share: LaneShare, world: LaneWorld) {
    const counters = new LaneCounters(share.counters)
    const { chunkBytes } = share.table
    this.#tools = {
      ...world,
      table: new ChunkTable(share.table),
      heldBack: new HeldBack(share.heldBack),
      decoder: new ZstdDecoder(),
      source: openPack(share, world, {
        onBytes: (count) => counters.add(laneIndex, 'fetched', count),
        onReconnect: () => counters.add(laneIndex, 'reconnects', 1),
      }),
      received: Array.from({ length: requestsInFlight }, () => Buffer.allocUnsafeSlow(chunkBytes)),
      raw: allocateAligned(rawBuffers, chunkBytes),
      zeros: allocateOne(chunkBytes),
      count: (field, count) => counters.add(laneIndex, field, count),
      enter: (state) => counters.enter(laneIndex, state),
    }
  }

  /** @throws {CodedError} of ../errors.ts and ../../../stream/verified.ts, or what the signal was aborted with */
  async run({ kind, steps }: LaneWork): Promise<void> {
    await doSteps[kind](this.#tools, new StepQueue(steps))
  }

  [Symbol.dispose](): void {
    this.#tools.source[Symbol.dispose]()
    this.#tools.decoder[Symbol.dispose]()
  }
}

function openPack(
  { packUrl, patienceMs, localAddress }: LaneShare,
  { clock, log, signal }: LaneWorld,
  told: { readonly onBytes: (count: number) => void; readonly onReconnect: () => void },
): PackReader {
  const url = new URL(packUrl)
  if (url.protocol === 'file:') return new PackFile(url, { signal, ...told })
  const patience = patienceMs === undefined ? {} : { patienceMs }
  return new PackSource(url, { clock, log, signal, localAddress, ...told, ...patience })
}
