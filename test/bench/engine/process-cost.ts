import { readFileSync } from 'node:fs'

/** Of proc(5) the kernel's clock ticks a second, on every Linux that we run on. */
const ticksPerSecond = 100

export interface ProcessCost {
  readonly cpuSeconds: number
  /** The most that it ever had resident. */
  readonly peakMebibytes: number
}

/** What a process has cost so far. */
export function processCost(pid: number): ProcessCost {
  // The program's name stands in brackets and may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const peakKibibytes = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN)
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    peakMebibytes: peakKibibytes / 1024,
  }
}
