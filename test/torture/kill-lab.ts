import { setTimeout as sleep } from 'node:timers/promises'

import { LabFixture } from '../e2e/lab-fixture.ts'

/** A deployment in the lab takes about this long; the kill falls somewhere within. */
const deploymentMs = 120_000

/**
 * Deploys real machines, and kills the daemon once during each deployment, at a moment drawn by chance.
 *
 * @param count deployments in all; two machines are deployed side by side
 * @returns whether every machine was deployed without help
 */
export async function tortureMachinesByKill(count: number): Promise<boolean> {
  let deployed = 0
  for (let done = 0; done < count; done += 2) {
    const size = { uefiMachines: 1, biosMachines: count - done > 1 ? 1 : 0 }
    await using lab = new LabFixture('torture-lab', size)
    await lab.deployAll('deploy-image')
    const started = performance.now()
    // Two machines, two kills: as many kills as deployments.
    const moments = Array.from({ length: size.biosMachines + 1 }, () => Math.random()).toSorted(
      (a, b) => a - b,
    )
    for (const moment of moments) {
      await sleep(Math.max(0, moment * deploymentMs - (performance.now() - started)))
      const tasks = (await lab.runs()).map(({ tasks, taskIndex, machineName }) => {
        return `${machineName} in ${tasks[taskIndex]?.task.action ?? 'the end'}`
      })
      console.log(
        `kill -9 after ${Math.round(performance.now() - started)} ms: ${tasks.join(', ')}`,
      )
      await lab.killDaemon()
    }
    const runs = await lab.waitForAll('succeeded', 900_000).catch((error: unknown) => {
      console.error(error)
      return lab.runs()
    })
    deployed += runs.filter((run) => run.state === 'succeeded').length
    console.log(`deployed ${deployed} of ${Math.min(done + 2, count)}`)
  }
  console.log(`${deployed} of ${count} deployed without help`)
  return deployed === count
}
