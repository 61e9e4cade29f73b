import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { daemonLog } from '../../src/lab/lab-daemon.ts'
import { LabFixture } from './lab-fixture.ts'

const minuteMs = 60_000

// PXE and iPXE of BIOS and UEFI machines are the way of every deployment in deploy.test.ts.
describe('firmware that goes other ways', () => {
  const lab = new LabFixture('e2e-boot', {
    biosMachines: 0,
    uefiMachines: 0,
    httpMachines: 1,
    secureMachines: 1,
  })

  beforeAll(() => lab.powerOnEmpty(), 10 * minuteMs)
  afterAll(() => lab.down(), minuteMs)

  it.each(['http-1', 'secure-1'])(
    'H16 %s comes from its firmware to a sledgehammer that reports',
    async (name) => {
      const deadline = performance.now() + 8 * minuteMs
      const isReported = async () => {
        const machine = await lab.machineWith(lab.machine(name).macAddress)
        return machine?.inventory !== undefined
      }
      while (!(await isReported()) && performance.now() < deadline) await sleep(500)
      expect(await isReported()).toBe(true)
    },
    9 * minuteMs,
  )

  it('tells why Secure Boot got another program', async () => {
    const log = await readFile(daemonLog(lab.plan), 'utf8')
    expect(log).toContain('iPXE did not start on it (Secure Boot?)')
  })
})
