import { formatByteSize } from '../../base/byte-size.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import { laneCountFor } from '../block-writer/lanes/lane-count.ts'
import { fetchManifest, taskWaitsMs } from '../block-writer/fetch-manifest.ts'
import { ProgressMeter } from '../block-writer/progress-meter.ts'
import { readTrustedKeys } from '../block-writer/trusted-keys.ts'
import { TargetDisk } from '../block-writer/target-disk.ts'
import { writeImage, type WriteTotals } from '../block-writer/write-image.ts'
import { planWrite } from '../block-writer/write-plan.ts'
import { openSignedManifest } from '../block-writer/signed-manifest.ts'
import { signReceipt } from '../block-writer/sign-receipt.ts'
import { packUrlOf } from '../daemon-trust.ts'
import { findTwinDisks } from './find-twin-disks.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

export type WriteImageOrder = Extract<TaskOrder, { action: 'write-image' }>

/**
 * Writes the ordered image onto the frozen disk, proves it and signs the receipt.
 *
 * @throws {CodedError} of ../block-writer; the disk is then untouched or cannot boot
 */
export async function runWriteImage(
  world: AgentWorld,
  order: WriteImageOrder,
  context: TaskContext,
): Promise<TaskOutcome> {
  const { clock } = world
  const { signal, log } = context
  const startedAtMs = clock.nowMs()
  const trustedKeys = await readTrustedKeys(world.trustedKeysPath)
  const document = await fetchManifest(new URL(world.daemonUrl + order.manifestPath), {
    ...{ signal, authority: world.authority, localAddress: world.localAddress },
    waitsMs: taskWaitsMs,
  })
  const manifest = openSignedManifest(document, order.imageDigest, trustedKeys)

  await using target = await TargetDisk.open(order.disk, world)
  const plan = planWrite(manifest, target.disk)
  log(
    `writing ${manifest.name} ${manifest.version} to ${target.disk.path}: ${plan.chunks.length} chunks, ${plan.storedBytes} bytes to fetch`,
  )
  const packUrl = packUrlOf(world.daemonUrl, order.packPath)
  for (const twin of await findTwinDisks(world, { plan, packUrl, chosen: target.disk }, context)) {
    log(
      `warning: ${twin.path} (${twin.serial ?? 'no serial'}) carries the same partition table as this image: the system may start from it; wipe it or take it out`,
    )
  }
  const meter = new ProgressMeter(clock, context.report)
  const totals = await writeImage({
    ...{ plan, meter, clock, log, signal, packUrl },
    localAddress: world.localAddress,
    target: world.throughDisk?.(target) ?? target,
    imageDigest: order.imageDigest,
    laneCount: laneCountFor(world.coreCount),
    ...(order.mode === undefined ? {} : { mode: order.mode }),
    ...(order.readBack === undefined ? {} : { readBack: order.readBack }),
  })
  log(describeTotals(totals))
  const receipt = signReceipt(world, {
    ...{ context, order, manifest, totals, startedAtMs },
    disk: target.disk,
    transfer: meter.transfer,
  })
  return { facts: { receipt } }
}

/** `1.2 GiB written in 3.4 s, 0.8 GiB was right already, every chunk read back in 1.0 s` */
export function describeTotals(totals: WriteTotals): string {
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`
  const written = `${formatByteSize(totals.bytesWritten)} written in ${seconds(totals.writeMs)}`
  const equal =
    totals.mode === 'full'
      ? []
      : [`${formatByteSize(totals.bytesEqual)} was right already (${seconds(totals.scanMs)})`]
  const proof =
    totals.readBack === 'waived'
      ? 'not read back, as ordered'
      : `all of it read back in ${seconds(totals.readBackMs)}`
  return [written, ...equal, proof].join(', ')
}
