import { formatByteSize, MEBIBYTE } from '../../base/byte-size.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import { probeDisk } from '../../protocol/disk-signatures/probe-disk.ts'
import { allocateOne } from '../block-writer/aligned-memory.ts'
import type { DiskMedium } from '../block-writer/disk-medium.ts'
import { DiskIoError } from '../block-writer/errors.ts'
import { ProgressMeter } from '../block-writer/progress-meter.ts'
import { TargetDisk } from '../block-writer/target-disk.ts'
import type { ByteRange } from '../block-writer/write-plan.ts'
import { mergeRanges } from '../capture/byte-ranges.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

type WipeDiskOrder = Extract<TaskOrder, { action: 'wipe-disk' }>

const stepBytes = 4 * MEBIBYTE

/**
 * Clears the disk, from its first byte on, so that one that is interrupted does not boot; then reads back
 * what was cleared and proves that it is zero. Doing it again does the same.
 *
 * @throws {DiskIoError} and those of {@link TargetDisk.open}
 */
export async function runWipeDisk(
  world: AgentWorld,
  order: WipeDiskOrder,
  { signal, log, report }: TaskContext,
): Promise<TaskOutcome> {
  const { clock } = world
  const beganMs = clock.monotonicMs()
  await using target = await TargetDisk.open(order.disk, world)
  const ranges =
    order.method === 'zero'
      ? [{ offset: 0, length: target.disk.sizeBytes }]
      : await telltaleRanges(target)
  const steps = ranges.flatMap(cutIntoSteps)
  const bytesWritten = steps.reduce((sum, { length }) => sum + length, 0)
  const meter = new ProgressMeter(clock, report)
  const zeros = allocateOne(stepBytes)
  await eachStep(steps, meter, 'write', signal, ({ offset, length }) =>
    target.write(zeros.subarray(0, length), offset),
  )
  await target.flush()
  const found = allocateOne(stepBytes)
  await eachStep(steps, meter, 'verify', signal, ({ offset, length }) =>
    requireZeros(target, zeros.subarray(0, length), found.subarray(0, length), offset),
  )
  const durationMs = Math.round(clock.monotonicMs() - beganMs)
  log(
    `${target.disk.path}: ${formatByteSize(bytesWritten)} cleared and read back in ${(durationMs / 1000).toFixed(1)} s`,
  )
  const { method } = order
  return { facts: { wipe: { method, bytesWritten, bytesReadBack: bytesWritten, durationMs } } }
}

async function eachStep(
  steps: readonly ByteRange[],
  meter: ProgressMeter,
  phase: 'write' | 'verify',
  signal: AbortSignal,
  act: (step: ByteRange) => Promise<void>,
): Promise<void> {
  meter.begin(
    phase,
    steps.reduce((sum, { length }) => sum + length, 0),
  )
  for (const step of steps) {
    signal.throwIfAborted()
    await act(step)
    meter.done(step.length)
    meter.look()
  }
  meter.end()
}

async function requireZeros(
  target: DiskMedium,
  zeros: Uint8Array,
  found: Buffer,
  offset: number,
): Promise<void> {
  await target.read(found, offset)
  if (!found.equals(zeros)) {
    throw new DiskIoError('read', offset, 'it reads back differently than it was written')
  }
}

/** Where tables, boot code and the marks of file systems lie: the first and the last MiB of everything. */
async function telltaleRanges(target: TargetDisk): Promise<ByteRange[]> {
  const { sizeBytes, logicalSectorBytes: sectorBytes } = target.disk
  const { partitions } = await probeDisk({
    ...{ sizeBytes, sectorBytes },
    read: async (offset, length) => {
      const bytes = allocateOne(length)
      await target.read(bytes, offset)
      return bytes
    },
  })
  const whole = { offsetBytes: 0, sizeBytes }
  const ends = [whole, ...partitions].flatMap((part) => {
    const length = Math.min(MEBIBYTE, part.sizeBytes, sizeBytes - part.offsetBytes)
    const last = Math.min(part.offsetBytes + part.sizeBytes, sizeBytes)
    return [
      { offset: part.offsetBytes, length },
      { offset: last - length, length },
    ]
  })
  return mergeRanges(ends.filter(({ length }) => length > 0))
}

function cutIntoSteps({ offset, length }: ByteRange): ByteRange[] {
  const count = Math.ceil(length / stepBytes)
  return Array.from({ length: count }, (_, index) => ({
    offset: offset + index * stepBytes,
    length: Math.min(stepBytes, length - index * stepBytes),
  }))
}
