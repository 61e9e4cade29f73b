import type { RangeFault } from '../fakes/image-server.ts'
import { sendRange } from '../fakes/image-server.ts'
import type { Random } from '../fakes/seeded-random.ts'
import type { SignedImage } from '../fakes/signed-image.ts'
import type { DiskFault } from '../fakes/volatile-disk.ts'
import { judgeWrite } from './judge-write.ts'
import { tortureEach, type TortureOptions } from './tally.ts'
import {
  type DiskTrouble,
  drawScene,
  openTortureBed,
  type TortureBed,
} from './writer/torture-bed.ts'

/**
 * Bytes that change: on the way from the server (a bit, a cut, another chunk, another range), or on a disk
 * that drops, damages, tears or misplaces a write, or reads a wrong bit. What is reported as written must
 * be the image, byte for byte.
 *
 * @returns whether that held at every point
 */
export async function tortureCorrupt(options: TortureOptions): Promise<boolean> {
  await using bed = await openTortureBed()
  const what = 'no false success, never a bootable half, redeployed'
  return await tortureEach(options, what, (random) =>
    (random.fraction() < 0.4 ? spoilNetwork : spoilDisk)(bed, random),
  )
}

async function spoilNetwork(bed: TortureBed, random: Random) {
  const scene = drawScene(random)
  await using patient = await bed.patient(scene)
  const { server, image } = patient
  const { name, fault } = drawNetworkFault(random, image)
  server.fault = fault
  const first = await patient.attempt()
  server.fault = undefined
  return await judgeWrite({ patient, random, name, scene, first, mustFail: false })
}

function drawNetworkFault(
  random: Random,
  { pack }: SignedImage,
): { name: string; fault: RangeFault } {
  const at = random.between(0, pack.length - 1)
  const [elsewhere, bit] = [random.between(0, pack.length - 1), random.between(0, 7)]
  const kind = random.pick([
    'bit',
    'cut',
    'other chunk',
    'other range',
    'short',
    'refused',
  ] as const)
  // A server that never gets better is waited for, so it does; a wrong answer may stay wrong.
  const isLasting = kind !== 'cut' && kind !== 'refused' && random.fraction() < 0.4
  let isOver = false
  const fault: RangeFault = ({ offset, bytes }, response) => {
    const within = at - offset
    if (isOver || within < 0 || within >= bytes.length) return bytes
    isOver = !isLasting
    switch (kind) {
      case 'bit':
        bytes[within] = (bytes[within] ?? 0) ^ (1 << bit)
        return bytes
      case 'other chunk':
        pack.copy(bytes, 0, elsewhere)
        return bytes
      case 'cut':
        response.writeHead(206, {
          'content-range': `bytes ${offset}-${offset + bytes.length - 1}/${pack.length}`,
          'content-length': bytes.length,
        })
        response.write(bytes.subarray(0, Math.max(1, within)), () => response.destroy())
        return undefined
      case 'other range':
        sendRange(response, offset + 1, bytes, pack.length)
        return undefined
      case 'short':
        sendRange(response, offset, bytes.subarray(0, within), pack.length)
        return undefined
      case 'refused':
      default:
        response.writeHead(503).end()
        return undefined
    }
  }
  return { name: `network, ${kind} ${isLasting ? 'always' : 'once'}`, fault }
}

async function spoilDisk(bed: TortureBed, random: Random) {
  const drawn = drawScene(random)
  const kind = random.pick(['drop', 'flip', 'tear', 'misplace', 'misread'] as const)
  // What a delta found right is not read again: a disk that writes over it elsewhere is beyond that.
  const scene = kind === 'misplace' ? ({ ...drawn, mode: 'full' } as const) : drawn
  const { requests, changes } = await bed.usualRun(scene)
  const operation = kind === 'misread' ? 'read' : 'write'
  const at = random.between(1, operation === 'read' ? requests - changes : changes - 5)
  const faults: Record<typeof kind, DiskFault> = {
    drop: { kind: 'drop' },
    flip: { kind: 'flip', bit: random.between(0, 2 ** 31) },
    tear: { kind: 'tear' },
    misplace: { kind: 'misplace', byBytes: random.between(-4096, 4096) * scene.sectorBytes },
    misread: { kind: 'flip', bit: random.between(0, 2 ** 31) },
  }
  const runLength = random.pick([1, 1, 3])
  let seen = 0
  const trouble: DiskTrouble = (request) => {
    if (request.operation !== operation) return undefined
    seen++
    return seen >= at && seen < at + runLength ? faults[kind] : undefined
  }
  await using patient = await bed.patient(scene)
  const first = await patient.attempt(trouble)
  return await judgeWrite({ patient, random, name: `disk, ${kind}`, scene, first, mustFail: false })
}
