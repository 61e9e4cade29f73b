import { createHash, hash } from 'node:crypto'

import { formatByteSize, MEBIBYTE } from '../../base/byte-size.ts'
import { CodedError } from '../../base/coded-error.ts'
import { digestFromBytes } from '../../base/digest.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import { seedVolumeBytes } from '../../contract/seed.ts'
import { encodeFatVolume } from '../../protocol/fat/encode-fat-volume.ts'
import { allocateOne } from '../block-writer/aligned-memory.ts'
import type { DiskMedium } from '../block-writer/disk-medium.ts'
import { DiskIoError } from '../block-writer/errors.ts'
import { addSeedToReceipt } from '../block-writer/sign-receipt.ts'
import { TargetDisk } from '../block-writer/target-disk.ts'
import { bootWrittenDisk } from './boot-written-disk.ts'
import { planSeed, type SeedWrite } from './plan-seed.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

export type WriteSeedOrder = Extract<TaskOrder, { action: 'write-seed' }>

/** The disk's table or its free space leaves no place for the seed. Nothing was written. */
export class SeedRefusedError extends CodedError {
  readonly code = 'ERR_SEED_REFUSED'

  constructor(reason: string) {
    super(`cannot place the seed volume: ${reason}`, {
      remedy: `the image needs a GUID partition table and ${formatByteSize(2 * seedVolumeBytes)} of free disk behind it`,
    })
  }
}

/**
 * Adds the volume with what the system learns on its first boot (NoCloud's CIDATA, or a configuration
 * drive) as a partition at the end of the disk, so that the partition before it can still grow. Doing
 * it again replaces the volume in its place. The receipt of the image comes back with the seed in it.
 *
 * @throws {SeedRefusedError} before anything is written; {@link DiskIoError} and those of {@link TargetDisk.open}
 */
export async function runWriteSeed(
  world: AgentWorld,
  order: WriteSeedOrder,
  context: TaskContext,
): Promise<TaskOutcome> {
  await using target = await TargetDisk.open(order.disk, world)
  const start = allocateOne(MEBIBYTE)
  await target.read(start, 0)
  const volume = encodeSeedVolume(order, target.disk.logicalSectorBytes)
  const plan = planSeed({ start, disk: target.disk, imageBytes: order.imageBytes, volume })
  if (!plan.ok) throw new SeedRefusedError(plan.reason)
  context.signal.throwIfAborted()
  await writeAndProve(world.throughDisk?.(target) ?? target, plan.writes)
  context.log(`seed volume written and proven, files: ${Object.keys(order.files).join(' ')}`)
  await bootWrittenDisk(world, plan.table, context.log)
  if (order.receipt === undefined) return { facts: {} }
  const seed = {
    label: order.label,
    offsetBytes: plan.volumeOffset,
    sizeBytes: volume.length,
    digest: digestFromBytes(hash('sha256', volume, 'buffer')),
    files: Object.keys(order.files).sort(),
  }
  return { facts: { receipt: addSeedToReceipt(world.key, order.receipt, seed) } }
}

function encodeSeedVolume(order: WriteSeedOrder, sectorBytes: number): Uint8Array {
  if (sectorBytes !== 512 && sectorBytes !== 4096) {
    throw new SeedRefusedError(`${sectorBytes}-byte sectors`)
  }
  const names = Object.keys(order.files).sort()
  const files = names.map((name) => ({ path: name, bytes: Buffer.from(order.files[name] ?? '') }))
  const content = createHash('sha256')
  for (const { path, bytes } of files) content.update(`${path}\0${bytes.length}\0`).update(bytes)
  const serialNumber = content.digest().readUInt32LE(0)
  try {
    return encodeFatVolume({
      label: order.label,
      serialNumber,
      sectorBytes,
      sizeBytes: seedVolumeBytes,
      files,
    })
  } catch (error) {
    if (error instanceof RangeError) throw new SeedRefusedError(error.message)
    throw error
  }
}

/** In the order given, each on the medium before the next; then all of it is read back. */
async function writeAndProve(target: DiskMedium, writes: readonly SeedWrite[]): Promise<void> {
  const aligned = writes.map(({ offset, bytes }) => {
    const buffer = allocateOne(bytes.length)
    buffer.set(bytes)
    return { offset, buffer }
  })
  for (const { offset, buffer } of aligned) {
    await target.write(buffer, offset)
    await target.flush()
  }
  for (const { offset, buffer } of aligned) {
    const found = allocateOne(buffer.length)
    await target.read(found, offset)
    if (!found.equals(buffer)) {
      throw new DiskIoError('read', offset, 'it reads back differently than it was written')
    }
  }
}
