import { Worker } from 'node:worker_threads'

import { messageOf } from '../../../base/coded-error.ts'
import { WriterThreadError } from '../errors.ts'
import { unpackFailure } from './lane-failure.ts'
import type { FromLane, LaneThreadData, ToLane } from './lane-messages.ts'
import { laneThreadFile } from './lane-thread.ts'
import type { LaneWork } from './lane.ts'

export interface ThreadLaneOptions extends Omit<LaneThreadData['repaveLane'], 'laneIndex'> {
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** Where the thread begins. Default: {@link laneThreadFile}. */
  readonly file?: string
}

/** What lives only as long as one chunk is garbage soon: a small nursery keeps a thread's memory small. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 }

/** A lane in a thread of its own. */
export class ThreadLane implements AsyncDisposable {
  readonly #worker: Worker
  readonly #signal: AbortSignal
  readonly #stop = () => this.#tell({ stop: true })
  #underWay: PromiseWithResolvers<void> | undefined
  #ended: WriterThreadError | undefined

  constructor(laneIndex: number, options: ThreadLaneOptions) {
    const { descriptor, share, log, signal, file = laneThreadFile } = options
    const workerData: LaneThreadData = { repaveLane: { laneIndex, descriptor, share } }
    const name = `writer lane ${laneIndex}`
    this.#worker = new Worker(file, { workerData, name, execArgv: [], resourceLimits })
    this.#worker.on('message', (message: FromLane) => {
      if ('log' in message) log(message.log)
      else if ('done' in message) this.#underWay?.resolve()
      else this.#underWay?.reject(unpackFailure(message.failed))
    })
    this.#worker.on('error', (error) => this.#end(messageOf(error), error))
    this.#worker.on('exit', (code) => this.#end(`it left with ${code}`))
    this.#signal = signal
    signal.addEventListener('abort', this.#stop)
  }

  /** @throws {WriterThreadError} when the thread ends before its work does; else as {@link Lane.run} */
  async run(work: LaneWork): Promise<void> {
    if (this.#ended !== undefined) throw this.#ended
    this.#underWay = Promise.withResolvers()
    this.#tell({ work })
    try {
      await this.#underWay.promise
    } catch (error) {
      // A lane that was told to stop trips over that; the reason is the teller's.
      this.#signal.throwIfAborted()
      throw error
    } finally {
      this.#underWay = undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#stop)
    await this.#worker.terminate()
  }

  #tell(message: ToLane): void {
    this.#worker.postMessage(message, [])
  }

  #end(reason: string, cause?: unknown): void {
    this.#ended ??= new WriterThreadError(reason, cause)
    this.#underWay?.reject(this.#ended)
  }
}
