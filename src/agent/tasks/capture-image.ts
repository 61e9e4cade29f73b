import { open } from 'node:fs/promises'

import { formatByteSize, MEBIBYTE } from '../../base/byte-size.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import type { Disk } from '../../contract/machine.ts'
import { decodeGpt } from '../../protocol/gpt/decode-gpt.ts'
import type { GptPartition } from '../../protocol/gpt/gpt-table.ts'
import { allocateOne } from '../block-writer/aligned-memory.ts'
import { TargetDisk } from '../block-writer/target-disk.ts'
import type { ByteRange } from '../block-writer/write-plan.ts'
import { mergeRanges } from '../capture/byte-ranges.ts'
import { captureDisk } from '../capture/capture-disk.ts'
import { CaptureUpload } from '../capture/capture-upload.ts'
import { type CapturedLayout, gapsOf, planCapturedLayout } from '../capture/captured-table.ts'
import { CaptureRefusedError } from '../capture/errors.ts'
import { fileSystemKindOf, fileSystemStartBytes } from '../capture/file-system-kind.ts'
import { findFreeSpace } from '../capture/find-free-space.ts'
import { generaliseFileSystem } from '../capture/generalise.ts'
import { openWritableCopy, type WritableCopy } from '../capture/writable-copy.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

type CaptureImageOrder = Extract<TaskOrder, { action: 'capture-image' }>

const laneCount = 3
const logEveryBytes = 512 * MEBIBYTE

/**
 * Turns the machine's disk into an image at the daemon. The disk is only read: what takes the
 * machine's identity out of the image works on a copy that is gone afterwards.
 *
 * @throws {CaptureRefusedError} {@link CaptureToolError} {@link CaptureUploadError} and those of {@link TargetDisk.open}
 */
export async function runCaptureImage(
  world: AgentWorld,
  order: CaptureImageOrder,
  context: TaskContext,
): Promise<TaskOutcome> {
  const { disk, layout } = await readLayout(world, order)
  const { log, signal } = context
  await using copy = await openCopy(world, disk, layout)
  const zeroRanges = [...gapsOf(layout, disk.logicalSectorBytes)]
  for (const partition of layout.partitions) {
    signal.throwIfAborted()
    zeroRanges.push(...(await preparePartition(copy, partition, disk, order, context)))
  }
  const { rawBytes, tables } = layout
  const view = { rawBytes, tables, zeroRanges: mergeRanges(zeroRanges) }
  using upload = new CaptureUpload(world, order.uploadPath, context.attemptId, signal)
  let loggedBytes = 0
  const { image, sentChunks, sentBytes, resumedChunks } = await captureDisk({
    ...{ view, upload, laneCount, signal, devicePath: copy.devicePath },
    sectorBytes: disk.logicalSectorBytes === 4096 ? 4096 : 512,
    onProgress: (doneBytes) => {
      if (doneBytes < loggedBytes + logEveryBytes) return
      loggedBytes = doneBytes
      log(`captured ${formatByteSize(doneBytes)} of ${formatByteSize(rawBytes)}`)
    },
  })
  log(
    `captured as ${image.name} ${image.version}: ${sentChunks} chunks sent in ${formatByteSize(sentBytes)}, ${resumedChunks} were there already`,
  )
  return { facts: { capturedImage: image } }
}

/** The disk is the frozen one, and its table says what belongs to it. */
async function readLayout(
  world: AgentWorld,
  order: CaptureImageOrder,
): Promise<{ disk: Disk; layout: CapturedLayout }> {
  await using target = await TargetDisk.open(order.disk, world)
  const start = allocateOne(MEBIBYTE)
  await target.read(start, 0)
  const decoded = decodeGpt(start, target.disk.logicalSectorBytes)
  const planned = decoded.ok ? planCapturedLayout(decoded.table) : decoded
  if (planned.ok) return { disk: target.disk, layout: planned.layout }
  throw new CaptureRefusedError(
    planned.reason,
    'capture a disk with a GUID partition table, or import its bytes with repave image import',
  )
}

/** A file that stands for a disk has no kernel to show a copy of it, and no identity to lose. */
async function openCopy(
  { allowRegularFile = false }: AgentWorld,
  disk: Disk,
  { partitions }: CapturedLayout,
): Promise<WritableCopy> {
  if (!allowRegularFile) return openWritableCopy(disk, partitions)
  const nothing = () => Promise.resolve()
  return { devicePath: disk.path, partitionPaths: new Map(), [Symbol.asyncDispose]: nothing }
}

/** @returns what is free in it, counted from the start of the disk */
async function preparePartition(
  copy: WritableCopy,
  { number, firstLba }: GptPartition,
  { logicalSectorBytes }: Disk,
  { generalise, script }: CaptureImageOrder,
  { log }: TaskContext,
): Promise<ByteRange[]> {
  const devicePath = copy.partitionPaths.get(number)
  if (devicePath === undefined) return []
  const kind = fileSystemKindOf(await readStart(devicePath))
  if (kind === undefined) return []
  const site = script === undefined ? {} : { script }
  if (generalise) await generaliseFileSystem({ devicePath, kind, log, ...site })
  const start = await readStart(devicePath)
  const free = await findFreeSpace({ kind, devicePath, start, log })
  const base = firstLba * logicalSectorBytes
  return free.map(({ offset, length }) => ({ offset: base + offset, length }))
}

async function readStart(devicePath: string): Promise<Uint8Array> {
  await using device = await open(devicePath, 'r')
  const { buffer } = await device.read(
    Buffer.alloc(fileSystemStartBytes),
    0,
    fileSystemStartBytes,
    0,
  )
  return buffer
}
