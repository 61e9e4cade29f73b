import { formatByteSize } from '../../base/byte-size.ts'
import { CodedError, messageOf } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import type { Disk } from '../../contract/machine.ts'
import { ProgressMeter } from '../block-writer/progress-meter.ts'
import { type EraseWatch, ErasedDisk } from '../erase/erased-disk.ts'
import { WipeIncompleteError } from '../erase/errors.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

type WipeDiskOrder = Extract<TaskOrder, { action: 'wipe-disk' }>

interface Failed {
  readonly disk: Disk
  readonly error: unknown
}

/**
 * Empties the disks, all at once, and proves by reading that they are. One that fails does not keep the
 * others from being wiped. Doing it again does the same.
 *
 * @throws {WipeIncompleteError} of several; of a single one {@link DiskIoError}, {@link DriveEraseError}
 *   and those of {@link TargetDisk.open}
 */
export async function runWipeDisk(
  world: AgentWorld,
  { disks, method }: WipeDiskOrder,
  { signal, log, report }: TaskContext,
): Promise<TaskOutcome> {
  const { clock } = world
  const beganMs = clock.monotonicMs()
  const meter = new ProgressMeter(clock, report)
  const watch: EraseWatch = (doneBytes) => {
    meter.done(doneBytes)
    meter.look()
    signal.throwIfAborted()
  }
  await using stack = new AsyncDisposableStack()
  const failed: Failed[] = []
  const each = async <One, Result>(
    ones: readonly One[],
    diskOf: (one: One) => Disk,
    act: (one: One) => Promise<Result>,
  ): Promise<Result[]> => {
    const settled = await Promise.allSettled(ones.map(act))
    signal.throwIfAborted()
    return settled.flatMap((outcome, index) => {
      if (outcome.status === 'fulfilled') return [outcome.value]
      const one = ones[index]
      if (one !== undefined) failed.push({ disk: diskOf(one), error: outcome.reason })
      return []
    })
  }
  const begun = await each(
    disks,
    (disk) => disk,
    async (disk) => stack.use(await ErasedDisk.begin(disk, method, { ...world, log })),
  )
  const diskOf = ({ disk }: ErasedDisk) => disk
  const passed = async (erased: ErasedDisk, pass: Promise<void>) => pass.then(() => erased)
  meter.begin(
    'write',
    sumOf(begun, ({ bytesToClear }) => bytesToClear),
  )
  const cleared = await each(begun, diskOf, (one) => passed(one, one.clear(watch)))
  meter.end()
  meter.begin(
    'verify',
    sumOf(cleared, ({ bytesToProve }) => bytesToProve),
  )
  const proven = await each(cleared, diskOf, (one) => passed(one, one.prove(watch)))
  meter.end()
  const wiped = proven.map((one) => one.report())
  for (const { path, serial = 'no serial', way, bytesReadBack } of wiped) {
    log(`${path} (${serial}): ${way}, ${formatByteSize(bytesReadBack)} read back as zero`)
  }
  requireNone(failed, disks.length)
  const bytesWritten = sumOf(wiped, (one) => one.bytesWritten)
  const bytesReadBack = sumOf(wiped, (one) => one.bytesReadBack)
  const durationMs = Math.round(clock.monotonicMs() - beganMs)
  return { facts: { wipe: { method, bytesWritten, bytesReadBack, durationMs, disks: wiped } } }
}

function requireNone(failed: readonly Failed[], total: number): void {
  const [first] = failed
  if (first === undefined) return
  if (total === 1) throw first.error
  const reasons = failed.map(
    ({ disk, error }) =>
      `${disk.path} (${disk.serial ?? disk.wwn ?? 'no serial'}): ${messageOf(error)}`,
  )
  const mayRetry = failed.every(({ error }) => error instanceof CodedError && error.shouldRetry())
  throw new WipeIncompleteError(reasons, total, mayRetry)
}

function sumOf<One>(ones: readonly One[], bytesOf: (one: One) => number): number {
  return ones.reduce((sum, one) => sum + bytesOf(one), 0)
}
