import { setTimeout as sleep } from 'node:timers/promises'

import type { Run } from '../../src/contract/run.ts'
import { diskFile } from '../../src/lab/qemu-arguments.ts'
import { LabFixture } from '../e2e/lab-fixture.ts'
import { ForgetfulDiskFile } from '../fakes/forgetful-disk-file.ts'
import { Random } from '../fakes/seeded-random.ts'
import { Tally, type TortureOptions } from './tally.ts'

/** An emulated machine takes about this long from the first byte it writes to the last. */
const writeMs = 30_000
const patienceMs = 1_200_000
const pollMs = 200

/**
 * {@link torturePower} for whole machines: sledgehammer writes, the plug is pulled, the cache of the disk is
 * lost. The machine is switched on again and nobody does anything else.
 */
export async function torturePowerOfMachines(options: TortureOptions): Promise<boolean> {
  const { count, seed, print } = options
  const tally = new Tally(count, print)
  for (let point = 0; point < count; point++) {
    tally.add(await cutOneMachine(new Random(seed + point), point % 2 === 0, print))
  }
  return tally.verdict('never a bootable half, redeployed by itself', seed)
}

async function cutOneMachine(random: Random, isUefi: boolean, print: (line: string) => void) {
  const size = isUefi ? { uefiMachines: 1, biosMachines: 0 } : { uefiMachines: 0, biosMachines: 1 }
  const lab = new LabFixture('torture-lab', size)
  await lab.orderAll('deploy-image')
  const [machine] = lab.plan.machines
  if (machine === undefined) throw new RangeError('a lab without a machine')
  await using disk = await ForgetfulDiskFile.inPlaceOf(diskFile(machine))
  // Down before its disk.
  await using _lab = lab
  await lab.powerOn(machine)
  await runThat(lab, (run) => actionOf(run) === 'write-image' && run.state === 'running')
  const waitMs = random.between(0, writeMs)
  await sleep(waitMs)
  const at = actionOf((await lab.runs())[0]) ?? 'the end'
  await lab.cutPower()
  await disk.cutPower()
  const boots = (await disk.readMedium(510, 2)).equals(Buffer.from([0x55, 0xaa]))
  print(
    `${machine.name}: plug pulled ${waitMs} ms into the write, in ${at}; it ${boots ? 'boots' : 'does not boot'}`,
  )

  await disk.powerUp()
  await lab.powerOn(machine)
  const last = await runThat(lab, ({ state }) =>
    ['succeeded', 'failed', 'cancelled'].includes(state),
  )
  return {
    outcome: `${machine.firmware}, cut in ${at}: ${boots ? 'boots' : 'nothing boots'}, then ${last.state}`,
    isGood: last.state === 'succeeded' && (!boots || at !== 'write-image'),
    story: JSON.stringify(last, undefined, 1),
  }
}

function actionOf(run: Run | undefined): string | undefined {
  return run?.tasks[run.taskIndex]?.task.action
}

/** The lab's one run, once it is as wanted. @throws {Error} when it never is */
async function runThat(lab: LabFixture, isWanted: (run: Run) => boolean): Promise<Run> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const [run] = await lab.runs()
    if (run !== undefined && isWanted(run)) return run
    if (performance.now() > deadline) throw new Error(`in vain: ${JSON.stringify(run)}`)
    await sleep(pollMs)
  }
}
