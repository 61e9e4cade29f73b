import type { Random } from '../fakes/seeded-random.ts'
import type { DiskOperation } from '../fakes/volatile-disk.ts'
import { judgeWrite } from './judge-write.ts'
import { tortureEach, type TortureOptions } from './tally.ts'
import {
  type DiskTrouble,
  drawScene,
  openTortureBed,
  type Scene,
  type TortureBed,
} from './writer/torture-bed.ts'

/**
 * Disks that fail: an error of a read, a write or a flush at a random place, once or from then on, or the
 * disk pulled out. A failed write or flush must fail the write as a whole, nothing may boot but what is
 * whole, and a sound disk must be written by the next run.
 *
 * @returns whether that held at every point
 */
export async function tortureIo(options: TortureOptions): Promise<boolean> {
  await using bed = await openTortureBed()
  const what = 'no false success, never a bootable half, redeployed'
  return await tortureEach(options, what, (random) => failOnce(bed, random))
}

async function failOnce(bed: TortureBed, random: Random) {
  const scene = drawScene(random)
  const { name, isFatal, trouble } = await drawFailure(bed, scene, random)
  await using patient = await bed.patient(scene)
  let wasHit = false
  const first = await patient.attempt((request, blows) => {
    const fault = trouble(request, blows)
    if (fault !== undefined) wasHit = true
    return fault
  })
  return await judgeWrite({ patient, random, name, scene, first, mustFail: wasHit && isFatal })
}

interface Failure {
  readonly name: string
  /** Whether the write must fail where it was met. What cannot be read in a scan is simply written. */
  readonly isFatal: boolean
  readonly trouble: DiskTrouble
}

async function drawFailure(bed: TortureBed, scene: Scene, random: Random): Promise<Failure> {
  const { requests, changes } = await bed.usualRun(scene)
  const kind = random.pick<DiskOperation | 'pull'>(['read', 'write', 'write', 'flush', 'pull'])
  if (kind === 'pull') {
    const at = random.between(1, requests)
    const trouble: DiskTrouble = ({ number }, { pullOut }) => {
      if (number === at) pullOut()
      return undefined
    }
    return { name: 'pulled out', isFatal: false, trouble }
  }
  const isLasting = random.fraction() < 0.5
  const most = { read: requests - changes, write: changes - 6, flush: 5 }[kind]
  const at = random.between(1, Math.max(1, most))
  let seen = 0
  const trouble: DiskTrouble = ({ operation }) => {
    if (operation !== kind || ++seen < at) return undefined
    return seen === at || isLasting ? { kind: 'error' } : undefined
  }
  const name = `${kind} error ${isLasting ? 'from then on' : 'once'}`
  return { name, isFatal: kind !== 'read', trouble }
}
