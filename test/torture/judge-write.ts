import type { Random } from '../fakes/seeded-random.ts'
import type { PointResult } from './tally.ts'
import type { Patient, Scene } from './writer/torture-bed.ts'
import type { WriterEnd } from './writer/writer-program.ts'

interface WriteUnderTrouble {
  readonly patient: Patient
  readonly random: Random
  /** Of the trouble. */
  readonly name: string
  readonly scene: Scene
  readonly first: WriterEnd
  readonly mustFail: boolean
}

/**
 * What came of a write that met trouble, and of the next one that meets none. A success is one only if
 * the whole image outlives the loss of all that was not flushed.
 */
export async function judgeWrite(write: WriteUnderTrouble): Promise<PointResult> {
  const { patient, random, name, scene, first, mustFail } = write
  patient.disk.cutPower(random, 0)
  const verdict = patient.judge()
  const isHonest = first.succeeded
    ? verdict === 'new' && !mustFail
    : verdict !== 'half' && first.errorCode !== undefined
  const again = await patient.attempt()
  patient.disk.cutPower(random, 0)
  const last = patient.judge()
  const told = first.succeeded ? 'succeeded' : (first.errorCode ?? 'failed without a code')
  return {
    outcome: `${name}: ${told}, ${verdict}`,
    isGood: isHonest && again.succeeded && last === 'new',
    story: `${name}, ${JSON.stringify(scene)}: ${told}, ${verdict}, then ${last}\n${first.output}\n${again.output}`,
  }
}
