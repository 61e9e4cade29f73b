import { attachNbdDisk } from '../../fakes/attach-nbd-disk.ts'
import { type ImageServer, startImageServer } from '../../fakes/image-server.ts'
import type { Random } from '../../fakes/seeded-random.ts'
import type { SignedImage } from '../../fakes/signed-image.ts'
import { type DiskFault, type DiskRequest, VolatileDisk } from '../../fakes/volatile-disk.ts'
import { type BootableImages, bootableImages, diskWith, damagedByte } from './bootable-image.ts'
import { judgeDisk, type Verdict } from './judge-disk.ts'
import { prepareWriter, type WriterEnd, type WriterProgram } from './writer-program.ts'

/** What lies on the disk before, and how it is written. */
export interface Scene {
  readonly sectorBytes: 512 | 4096
  readonly before: 'the previous version' | 'something else' | 'the image, damaged'
  readonly mode: 'delta' | 'full'
  /** Whether the disk can make ranges zero by itself. */
  readonly canZero: boolean
}

/** What may be done to a writer at work. */
export interface Blows {
  /** The power fails: what was not flushed is lost, or not, sector by sector. */
  readonly cutPower: (random: Random, keptShare: number) => void
  /** The disk is pulled out while the writer lives. */
  readonly pullOut: () => void
}

/** What goes wrong in one attempt: asked at every request to the disk. */
export type DiskTrouble = (request: DiskRequest, blows: Blows) => DiskFault | undefined

/** One disk from its first attempt to its last, and a server of its own. */
export interface Patient extends AsyncDisposable {
  readonly image: SignedImage
  readonly server: ImageServer
  readonly disk: VolatileDisk
  attempt(trouble?: DiskTrouble): Promise<WriterEnd>
  /** Of what is on the medium when the power is cut now. */
  judge(): Verdict
}

/** What a run without trouble asks of the disk. */
export interface UsualRun {
  readonly requests: number
  /** Writes and flushes. */
  readonly changes: number
}

/** The real writer, and real block devices whose every request is in our hands. */
export interface TortureBed extends AsyncDisposable {
  patient(scene: Scene): Promise<Patient>
  usualRun(scene: Scene): Promise<UsualRun>
}

export async function openTortureBed(): Promise<TortureBed> {
  const writer = await prepareWriter()
  const images = { 512: bootableImages(512), 4096: bootableImages(4096) }
  const patient = async (scene: Scene) => {
    const { old, next } = images[scene.sectorBytes]
    return createPatient(writer, scene, { old, next }, await startImageServer(next))
  }
  return {
    patient,
    usualRun: async (scene) => {
      // Sectors of another size make no difference worth a run.
      const key = `${scene.before}, ${scene.mode}, ${scene.canZero}`
      const usual = usualRuns.get(key) ?? patient(scene).then(runUsually)
      usualRuns.set(key, usual)
      return usual
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  }
}

/** Of each kind of scene; the same in every bed. */
const usualRuns = new Map<string, Promise<UsualRun>>()

async function runUsually(one: Patient): Promise<UsualRun> {
  await using patient = one
  const { succeeded, output } = await patient.attempt()
  if (!succeeded) throw new Error(`the writer fails without any trouble: ${output}`)
  return { requests: patient.disk.requestCount, changes: patient.disk.changeCount }
}

function createPatient(
  writer: WriterProgram,
  { sectorBytes, before, mode, canZero }: Scene,
  { old, next: image }: BootableImages,
  server: ImageServer,
): Patient {
  const damaged = Buffer.from(image.raw)
  damaged.fill(0x55, damagedByte, damagedByte + 512)
  const contents = {
    'the previous version': old.raw,
    'something else': Buffer.alloc(0),
    'the image, damaged': damaged,
  }
  const history = { before: diskWith(contents[before]), image }
  const disk = new VolatileDisk(history.before, sectorBytes, canZero)
  const attempt = async (trouble: DiskTrouble = () => undefined) => {
    disk.powerUp()
    await using attached = await attachNbdDisk(disk, sectorBytes)
    disk.powerUp()
    const words = mode === 'full' ? ['--full'] : []
    const { child, ended } = writer.start(attached.path, server, image, words)
    const blows: Blows = {
      cutPower: (random, keptShare) => {
        disk.cutPower(random, keptShare)
        child.kill('SIGKILL')
        attached.sever()
      },
      pullOut: attached.sever,
    }
    disk.onRequest = (request) => trouble(request, blows)
    const end = await ended
    disk.onRequest = () => undefined
    return end
  }
  return {
    ...{ image, server, disk, attempt, judge: () => judgeDisk(disk.medium, history) },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export function drawScene(random: Random): Scene {
  return {
    sectorBytes: random.pick([512, 512, 4096]),
    before: random.pick(['the previous version', 'something else', 'the image, damaged']),
    mode: random.pick(['delta', 'delta', 'full']),
    canZero: random.fraction() < 0.5,
  }
}
