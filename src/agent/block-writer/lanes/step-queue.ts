/** Neighbouring chunks that a lane handles in one go. */
export interface ChunkSpan {
  readonly firstChunk: number
  readonly chunkCount: number
}

/** The memory of a {@link StepQueue}, as it goes to another thread. */
export interface StepQueueMemory {
  readonly spans: SharedArrayBuffer
  readonly cursor: SharedArrayBuffer
}

/** Steps that lanes claim in order, each exactly once, without a word between them. */
export class StepQueue {
  readonly memory: StepQueueMemory
  readonly #spans: Uint32Array
  readonly #cursor: Int32Array

  constructor(memory: StepQueueMemory) {
    this.memory = memory
    this.#spans = new Uint32Array(memory.spans)
    this.#cursor = new Int32Array(memory.cursor)
  }

  static of(spans: readonly ChunkSpan[]): StepQueue {
    const queue = new StepQueue({
      spans: new SharedArrayBuffer(spans.length * 8),
      cursor: new SharedArrayBuffer(4),
    })
    queue.#spans.set(spans.flatMap(({ firstChunk, chunkCount }) => [firstChunk, chunkCount]))
    return queue
  }

  /** Undefined when all of them are claimed. */
  claim(): ChunkSpan | undefined {
    const index = Atomics.add(this.#cursor, 0, 1)
    const firstChunk = this.#spans[2 * index]
    const chunkCount = this.#spans[2 * index + 1]
    if (firstChunk === undefined || chunkCount === undefined) return undefined
    return { firstChunk, chunkCount }
  }
}
