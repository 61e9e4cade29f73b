import { isMainThread, parentPort, workerData } from 'node:worker_threads'

import { computeRound } from './compute-round.ts'

/** What a thread is told: how long to compute, and what must come out each time. */
export interface CpuThreadData {
  readonly repaveBurnIn: { readonly milliseconds: number; readonly expected: string }
}

export interface CpuThreadResult {
  readonly rounds: number
  readonly wrong: number
}

/** The one file of the bundled agent, where there is no module of its own for this. */
declare const __filename: string

/** See the threads of the block writer: in the bundled agent this is the file that holds everything. */
export const cpuThreadFile = import.meta.filename ?? __filename

if (!isMainThread && isCpuData(workerData)) keepBusy(workerData)

function isCpuData(data: unknown): data is CpuThreadData {
  return typeof data === 'object' && data !== null && 'repaveBurnIn' in data
}

function keepBusy({ repaveBurnIn: { milliseconds, expected } }: CpuThreadData): void {
  const endMs = performance.now() + milliseconds
  let rounds = 0
  let wrong = 0
  while (performance.now() < endMs) {
    rounds++
    if (computeRound() !== expected) wrong++
  }
  const result: CpuThreadResult = { rounds, wrong }
  parentPort?.postMessage(result, [])
}
