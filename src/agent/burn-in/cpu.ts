import { Worker } from 'node:worker_threads'

import { computeRound } from './compute-round.ts'
import { type CpuThreadData, type CpuThreadResult, cpuThreadFile } from './cpu-thread.ts'
import { BurnInFailedError } from './errors.ts'

/**
 * Keeps every core at work on sums whose result is known.
 *
 * @returns rounds of all cores together
 * @throws {BurnInFailedError} when a core computes something else even once
 */
export async function burnInProcessors(
  coreCount: number,
  milliseconds: number,
  signal: AbortSignal,
): Promise<number> {
  const workerData: CpuThreadData = { repaveBurnIn: { milliseconds, expected: computeRound() } }
  const results = await Promise.all(
    Array.from({ length: coreCount }, () => runThread(workerData, signal)),
  )
  const wrong = results.reduce((sum, one) => sum + one.wrong, 0)
  const rounds = results.reduce((sum, one) => sum + one.rounds, 0)
  if (wrong > 0) throw new BurnInFailedError(`${wrong} of ${rounds} computations came out wrong`)
  return rounds
}

async function runThread(workerData: CpuThreadData, signal: AbortSignal): Promise<CpuThreadResult> {
  signal.throwIfAborted()
  const worker = new Worker(cpuThreadFile, { workerData, name: 'burn-in', execArgv: [] })
  const stop = () => void worker.terminate()
  signal.addEventListener('abort', stop)
  try {
    return await new Promise((resolve, reject) => {
      worker.on('message', resolve)
      worker.on('error', reject)
      worker.on('exit', (code) => reject(new BurnInFailedError(`a thread left with ${code}`)))
    })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
