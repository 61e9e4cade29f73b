import type { Random } from '../fakes/seeded-random.ts'
import { tortureEach, type TortureOptions } from './tally.ts'
import { drawScene, openTortureBed, type TortureBed, type UsualRun } from './writer/torture-bed.ts'

/**
 * Cuts the power of a disk with a volatile cache at random points of a write. Then firmware must find no
 * bootable disk, all of the old system, or all of the new one; and the next run of the writer must
 * complete without help, so that it outlives one more loss of everything unflushed.
 *
 * @returns whether that held at every point
 */
export async function torturePower(options: TortureOptions): Promise<boolean> {
  await using bed = await openTortureBed()
  const what = 'never a bootable half, redeployed'
  return await tortureEach(options, what, (random) => cutOnce(bed, random))
}

async function cutOnce(bed: TortureBed, random: Random) {
  const scene = drawScene(random)
  const isDue = drawMoment(random, await bed.usualRun(scene))
  const keptShare = random.pick([0, 0.5, 0.9, 1, random.fraction()])
  await using patient = await bed.patient(scene)
  let isCut = false
  const first = await patient.attempt((request, { cutPower }) => {
    if (isCut || !isDue(request)) return undefined
    isCut = true
    cutPower(random, keptShare)
    return undefined
  })
  if (!isCut) patient.disk.cutPower(random, 0)
  const verdict = patient.judge()
  const again = await patient.attempt()
  patient.disk.cutPower(random, 0)
  const last = patient.judge()
  // A write that had succeeded before the power failed has to be there in full.
  const isKept = !first.succeeded || verdict === 'new'
  return {
    outcome: `${isCut ? 'cut' : 'completed'}, then ${verdict}`,
    isGood: verdict !== 'half' && isKept && again.succeeded && last === 'new',
    story: `${JSON.stringify(scene)}, ${keptShare.toFixed(2)} of the unflushed kept: ${verdict}, then ${last}\n${again.output}`,
  }
}

/** Half of all cuts fall where clearing and the commit lie close together: the start and the end of all changes. */
function drawMoment(random: Random, { requests, changes }: UsualRun) {
  const part = random.fraction()
  if (part < 0.2) {
    const at = random.between(1, requests)
    return ({ number }: { number: number }) => number >= at
  }
  const range: [number, number] =
    part < 0.5
      ? [1, changes]
      : part < 0.7
        ? [1, Math.min(30, changes)]
        : [Math.max(1, changes - 15), changes]
  const at = random.between(...range)
  return ({ changeNumber }: { changeNumber: number }) => changeNumber >= at
}
