import { formatByteSize } from '../../base/byte-size.ts'
import { CodedError } from '../../base/coded-error.ts'
import type { TaskOrder } from '../../contract/agent-frames.ts'
import { differingChunks } from '../block-writer/compare-image.ts'
import { fetchManifest, taskWaitsMs } from '../block-writer/fetch-manifest.ts'
import { laneCountFor } from '../block-writer/lanes/lane-count.ts'
import { ProgressMeter } from '../block-writer/progress-meter.ts'
import { openSignedManifest } from '../block-writer/signed-manifest.ts'
import { TargetDisk } from '../block-writer/target-disk.ts'
import { readTrustedKeys } from '../block-writer/trusted-keys.ts'
import { planWrite } from '../block-writer/write-plan.ts'
import { packUrlOf } from '../daemon-trust.ts'
import type { AgentWorld, TaskContext, TaskOutcome } from './task-context.ts'

type VerifyImageOrder = Extract<TaskOrder, { action: 'verify-image' }>

/** The disk does not hold the image any more, or never did. Nothing was written. */
export class ImageDiffersError extends CodedError {
  readonly code = 'ERR_IMAGE_DIFFERS'
  readonly bytesDifferent: number

  constructor(bytesDifferent: number, rawBytes: number) {
    super(`${bytesDifferent} of ${rawBytes} bytes lie in chunks that differ from the image`, {
      remedy: 'deploy or reprovision the machine: only what differs is written',
    })
    this.bytesDifferent = bytesDifferent
  }
}

/**
 * Reads the disk and compares every chunk with the signed manifest.
 *
 * @throws {ImageDiffersError} where the order says that a difference is a failure
 */
export async function runVerifyImage(
  world: AgentWorld,
  order: VerifyImageOrder,
  { signal, log, report }: TaskContext,
): Promise<TaskOutcome> {
  const { clock } = world
  const trustedKeys = await readTrustedKeys(world.trustedKeysPath)
  const manifestUrl = new URL(world.daemonUrl + order.manifestPath)
  const { authority, localAddress } = world
  const asked = { signal, authority, localAddress, waitsMs: taskWaitsMs }
  const document = await fetchManifest(manifestUrl, asked)
  const manifest = openSignedManifest(document, order.imageDigest, trustedKeys)
  await using target = await TargetDisk.open(order.disk, world)
  const plan = planWrite(manifest, target.disk)
  const differing = await differingChunks({
    ...{ plan, clock, log, signal },
    target: world.throughDisk?.(target) ?? target,
    meter: new ProgressMeter(clock, report),
    packUrl: new URL('pack', packUrlOf(world.daemonUrl, order.manifestPath)),
    laneCount: laneCountFor(world.coreCount),
  })
  const bytesDifferent = differing.reduce((sum, { rawBytes }) => sum + rawBytes, 0)
  log(
    differing.length === 0
      ? `all ${formatByteSize(plan.rawBytes)} are those of the image`
      : `${differing.length} of ${plan.chunks.length} chunks differ, ${formatByteSize(bytesDifferent)}`,
  )
  if (differing.length > 0 && order.onDifference === 'fail') {
    throw new ImageDiffersError(bytesDifferent, plan.rawBytes)
  }
  const { rawBytes: bytesCompared } = plan
  return {
    facts: { comparison: { bytesCompared, bytesDifferent, chunksDifferent: differing.length } },
  }
}
