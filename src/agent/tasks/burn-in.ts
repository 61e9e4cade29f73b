import { formatByteSize } from '../../base/byte-size.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import { burnInDisk } from '../burn-in/disk-read.ts'
import { burnInMemory } from '../burn-in/memory.ts'
import { burnInProcessors } from '../burn-in/cpu.ts'
import { DiskUnreadableError, readBlockDevices } from '../linux/block-devices.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

type BurnInOrder = Extract<TaskOrder, { action: 'burn-in' }>

/** Of what is available; the rest keeps the agent itself alive. */
const memoryShare = 0.8

/**
 * Keeps one kind of part busy and compares what it gives back. Nothing is written to any disk.
 *
 * @throws {BurnInFailedError} {@link DiskIoError} {@link DiskUnreadableError}
 */
export async function runBurnIn(
  world: AgentWorld,
  { target, seconds }: BurnInOrder,
  { signal, log }: Pick<TaskContext, 'signal' | 'log'>,
): Promise<TaskOutcome> {
  const milliseconds = seconds * 1000
  switch (target) {
    case 'cpu': {
      const rounds = await burnInProcessors(world.coreCount, milliseconds, signal)
      log(`${world.coreCount} cores computed ${rounds} rounds, all of them right`)
      break
    }
    case 'memory': {
      const bytes = availableBytes(world) * memoryShare
      const { testedBytes, passes } = await burnInMemory(bytes, milliseconds, signal)
      log(`${formatByteSize(testedBytes)} of memory held every pattern, ${passes} passes`)
      break
    }
    case 'disk-read':
      await readAllDisks(world, milliseconds, signal, log)
      break
  }
  return { facts: {} }
}

/** `MemAvailable` (linux/Documentation/filesystems/proc.rst). */
function availableBytes({ files }: AgentWorld): number {
  const kibibytes = /^MemAvailable:\s+(\d+) kB$/m.exec(files.text('/proc/meminfo'))?.[1]
  return Number(kibibytes ?? 0) * 1024
}

async function readAllDisks(
  { files }: AgentWorld,
  milliseconds: number,
  signal: AbortSignal,
  log: (line: string) => void,
): Promise<void> {
  const { disks, unreadable } = readBlockDevices(files)
  if (unreadable.length > 0) throw new DiskUnreadableError(unreadable)
  await Promise.all(
    disks.map(async ({ path, sizeBytes }) => {
      const beganMs = performance.now()
      const bytes = await burnInDisk(
        { path: files.absolutePath(path), sizeBytes },
        milliseconds,
        signal,
      )
      const perSecond = bytes / Math.max(0.001, (performance.now() - beganMs) / 1000)
      log(
        `${path}: read ${formatByteSize(bytes)} of ${formatByteSize(sizeBytes)} without a fault, ${formatByteSize(perSecond)}/s`,
      )
    }),
  )
}
