import { execFileSync } from 'node:child_process'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { MEBIBYTE } from '../../src/base/byte-size.ts'
import { signedReceiptSchema } from '../../src/contract/receipt.ts'
import type { LabMachine } from '../../src/lab/lab-plan.ts'
import { diskFile } from '../../src/lab/qemu-arguments.ts'
import { LabFixture } from './lab-fixture.ts'

const minuteMs = 60_000

/** User data of a machine that switches itself off, cleanly, when its first boot is done, and is soon there. */
const switchOff = join(tmpdir(), `repave-e2e-${process.pid}.yaml`)

const quickFirstBoot = `#cloud-config
power_state: { mode: poweroff, delay: now }
ssh_genkeytypes: [ed25519]
locale: false
apt: { preserve_sources_list: true }
`

/** Of nobody's password. */
const passwordHash = `$6$salt$${'x'.repeat(86)}`

/** A file of the root partition, where the recipe's layout has it. */
function fileOnDisk(machine: LabMachine, path: string): string {
  const device = `${diskFile(machine)}?offset=${18 * MEBIBYTE}`
  const debugfs = '/sbin/debugfs'
  return execFileSync(debugfs, ['-R', `cat ${path}`, device], { encoding: 'utf8', stdio: 'pipe' })
}

/** Other bytes than the image has, in the middle of the disk. */
async function damage(machine: LabMachine, offset: number): Promise<void> {
  await using disk = await open(diskFile(machine), 'r+')
  await disk.write(Buffer.from('somebody has been here'), 0, undefined, offset)
}

describe('a deployment of one UEFI and one BIOS machine', () => {
  const lab = new LabFixture('e2e-lab', {
    ...{ biosMachines: 1, uefiMachines: 1, dataDiskBytes: 32 * MEBIBYTE },
  })

  beforeAll(async () => {
    await writeFile(switchOff, quickFirstBoot)
    await lab.deployAll('deploy-inspected', ['--user-data', switchOff])
  }, 10 * minuteMs)
  afterAll(async () => {
    await rm(switchOff, { force: true })
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

  it(
    'brings a machine that is rebuilt on every boot back to the bytes of its image, and counts the drift',
    async () => {
      const [machine, reference] = [lab.machine('bios-1'), lab.machine('uefi-1')]
      for (const one of [machine, reference]) await lab.waitUntilOff(one, 3 * minuteMs)
      // Meanwhile the other one is captured, for the test after this.
      const capture = ['machine', 'capture', reference.name, '--name', 'golden', '--detach']
      expect(await lab.repave(...capture)).toBe(0)
      await lab.powerOn(reference)
      const image = await lab.image('debian-12')
      const data = await lab.dataDigest(machine)
      await damage(machine, image.rawBytes / 2)
      expect(await lab.repave('machine', 'set', machine.name, '--on-boot', 'reprovision')).toBe(0)
      await lab.powerOn(machine)
      const stopped = await lab.waitForRun('reprovision', 'waiting-approval', 8 * minuteMs)
      expect(await lab.diskDigest(machine, image.rawBytes)).toBe(image.rawDigest)
      expect(await lab.dataDigest(machine)).toBe(data)
      const { drift, protectedDisks } = await lab.knownMachine(machine.name)
      expect(drift).toMatchObject({ reprovisions: 1, corrections: 1 })
      expect(protectedDisks).toEqual(['DATA-BIOS-1'])
      expect(drift?.lastBytesDifferent).toBeGreaterThan(0)
      expect(drift?.lastBytesDifferent).toBeLessThan(image.rawBytes)
      expect(await lab.repave('run', 'approve', stopped.id)).toBe(0)
      await lab.waitForRun('reprovision', 'succeeded', 8 * minuteMs)
      expect(await lab.dataDigest(machine)).toBe(data)
      expect(await lab.repave('machine', 'set', machine.name, '--on-boot', 'local')).toBe(0)
    },
    20 * minuteMs,
  )

  it(
    'makes an image of one machine that starts the other as a machine of its own',
    async () => {
      const [first, second] = [lab.machine('uefi-1'), lab.machine('bios-1')]
      await lab.waitForRun('capture-image', 'succeeded', 8 * minuteMs)
      await lab.cutPower(first)
      await lab.waitUntilOff(second, 3 * minuteMs)
      const deploy = ['machine', 'deploy', second.name, '--image', 'golden', '--hostname', 'second']
      const secrets = join(lab.plan.daemonDirectory, 'secrets')
      await mkdir(secrets, { recursive: true })
      await writeFile(join(secrets, 'linux-admin-password-hash'), passwordHash, { mode: 0o600 })
      const seed = ['--seed', 'linux-admin', '--seed-param', 'adminUser=ops']
      const options = [...seed, '--user-data', switchOff, '--detach', '--yes']
      expect(await lab.repave(...deploy, ...options)).toBe(0)
      await lab.powerOn(second)
      expect(await lab.repave('run', 'watch', '--all', '--until-done')).toBe(0)
      await lab.waitUntilOff(second, 3 * minuteMs)
      expect(fileOnDisk(second, '/etc/hostname')).toBe('second\n')
      expect(fileOnDisk(second, '/etc/shadow')).toContain(`\nops:${passwordHash}:`)
      const log = await readFile(join(lab.plan.directory, 'daemon.log'), 'utf8')
      expect(log).not.toContain(passwordHash)
      for (const path of ['/etc/machine-id', '/etc/ssh/ssh_host_ed25519_key.pub']) {
        const [old, fresh] = [fileOnDisk(first, path), fileOnDisk(second, path)]
        expect(old).not.toBe('')
        expect(fresh).not.toBe('')
        expect(fresh).not.toBe(old)
      }
    },
    15 * minuteMs,
  )

  it('is gone from the host when the lab is down', async () => {
    await lab.down()
    expect(await lab.remains()).toEqual([])
  })
})
