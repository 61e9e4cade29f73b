import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { availableParallelism } from 'node:os'

import { DiskDescriptor } from '../../../src/agent/block-writer/disk-descriptor.ts'
import { laneCountFor } from '../../../src/agent/block-writer/lanes/lane-count.ts'
import { ProgressMeter } from '../../../src/agent/block-writer/progress-meter.ts'
import { writeImage } from '../../../src/agent/block-writer/write-image.ts'
import { planWrite } from '../../../src/agent/block-writer/write-plan.ts'
import { findImage } from '../../../src/agent/write-command/find-image.ts'
import { runWriteCommand } from '../../../src/agent/write-command/main.ts'
import type { Digest } from '../../../src/base/digest.ts'

/** `/dev/null` in place of a disk leaves the writes out. */
async function writeNowhere(image: string, digest: string): Promise<void> {
  const clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() }
  const { signal } = new AbortController()
  const words = { image, digest: digest as Digest, trustedKeysPath: '' }
  const { manifest, imageDigest, packUrl } = await findImage(words, signal)
  await using nowhere = await open('/dev/null', 'r+')
  const target = Object.assign(new DiskDescriptor(nowhere.fd), {
    flush: () => Promise.resolve(),
    // What was cleared is looked at; nothing else is read.
    read: async (bytes: Uint8Array) => void bytes.fill(0),
  })
  const disk = { sizeBytes: manifest.rawBytes, logicalSectorBytes: manifest.sectorBytes }
  await writeImage({
    ...{ target, plan: planWrite(manifest, disk), imageDigest, packUrl, clock, signal },
    ...{ mode: 'full', readBack: false, laneCount: laneCountFor(availableParallelism()) },
    meter: new ProgressMeter(clock, () => undefined),
    log: (line) => console.error(line),
  })
}

/** Takes image, disk, digest and words of `repave write`; prints the peak of the memory. */
export async function writeOnce([
  image = '',
  disk = '',
  digest = '',
  ...words
]: string[]): Promise<void> {
  if (disk === '/dev/null') await writeNowhere(image, digest)
  else await runWriteCommand([image, disk, '--digest', digest, ...words])
  // Not `maxRSS` of getrusage(2): that begins with what the parent had.
  const status = readFileSync('/proc/self/status', 'utf8')
  console.log(`peak ${/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]} KiB`)
}
