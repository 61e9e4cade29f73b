import { isMainThread, parentPort, workerData } from 'node:worker_threads'

import { DiskDescriptor } from '../disk-descriptor.ts'
import { packFailure } from './lane-failure.ts'
import type { FromLane, LaneThreadData, ToLane } from './lane-messages.ts'
import { Lane } from './lane.ts'

/** The one file of the bundled agent, where there is no module of its own for this. */
declare const __filename: string

/**
 * The file that a lane's thread starts from: this module in plain source, and in the bundled agent the
 * very file that holds everything. Whatever else that file begins, it must begin only in the main thread.
 */
export const laneThreadFile = import.meta.filename ?? __filename

if (!isMainThread && isLaneData(workerData)) runLaneThread(workerData)

function isLaneData(data: unknown): data is LaneThreadData {
  return typeof data === 'object' && data !== null && 'repaveLane' in data
}

function runLaneThread({ repaveLane: { laneIndex, descriptor, share } }: LaneThreadData): void {
  const port = parentPort
  if (port === null) throw new TypeError('a lane is a thread of its writer')
  const say = (message: FromLane) => port.postMessage(message)
  const stop = new AbortController()
  const lane = new Lane(laneIndex, share, {
    target: new DiskDescriptor(descriptor),
    clock: { nowMs: () => Date.now(), monotonicMs: () => performance.now() },
    log: (log) => say({ log }),
    signal: stop.signal,
  })
  port.on('message', (message: ToLane) => {
    if ('stop' in message) return stop.abort()
    lane.run(message.work).then(
      () => say({ done: true }),
      (error: unknown) => say({ failed: packFailure(error) }),
    )
  })
}
