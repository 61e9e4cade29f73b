import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { signedReceiptSchema } from '../../src/contract/receipt.ts'
import { LabFixture } from './lab-fixture.ts'

const minuteMs = 60_000

describe('a deployment of one UEFI and one BIOS machine', () => {
  const lab = new LabFixture('e2e-lab', { biosMachines: 1, uefiMachines: 1 })

  beforeAll(async () => {
    await lab.deployAll('deploy-inspected')
  }, 10 * minuteMs)
  afterAll(async () => {
    await lab.down()
  }, minuteMs)

  it(
    'leaves the bytes of the image on both disks, through a kill -9 of the daemon',
    async () => {
      await lab.waitForAll('running', 3 * minuteMs)
      await lab.killDaemon()
      const runs = await lab.waitForAll('waiting-approval', 10 * minuteMs)
      const image = await lab.image('debian-12')
      for (const run of runs) {
        const digest = await lab.diskDigest(lab.machine(run.machineName), image.rawBytes)
        expect(digest).toBe(image.rawDigest)
        expect(signedReceiptSchema.parse(run.receipt).receipt).toContain(image.rawDigest)
      }
    },
    13 * minuteMs,
  )

  it(
    'calls a machine deployed only when its new Debian has called home',
    async () => {
      for (const run of await lab.runs()) {
        expect(await lab.repave('run', 'approve', run.id)).toBe(0)
      }
      expect(await lab.repave('run', 'watch', '--all', '--until-done')).toBe(0)
      const runs = await lab.waitForAll('succeeded', minuteMs)
      expect(runs.map((run) => run.tasks.at(-1)?.task.action)).toEqual([
        'await-phone-home',
        'await-phone-home',
      ])
    },
    10 * minuteMs,
  )

  it('is gone from the host when the lab is down', async () => {
    await lab.down()
    expect(await lab.remains()).toEqual([])
  })
})
