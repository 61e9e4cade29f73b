import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { LabDownError } from '../../../src/lab/errors.ts'
import { isPoweredOn, manufactureMachine, readPid } from '../../../src/lab/lab-machine.ts'
import { planLab } from '../../../src/lab/lab-plan.ts'
import { bootMachine, cutPower, resetMachine } from '../../../src/lab/lab-power.ts'
import { writeConsoles, type LabRecord } from '../../../src/lab/lab-record.ts'
import { ensureLabPackages } from '../../../src/lab/lab-up.ts'
import { createNamespace, removeNamespace } from '../../../src/lab/namespace.ts'
import { diskFile, serialLog } from '../../../src/lab/qemu-arguments.ts'

const record: LabRecord = { size: { biosMachines: 1, uefiMachines: 0 }, accelerator: 'tcg' }
let directory: string
const planOf = (folder: string) => planLab(folder, record.size)
const ofLab = () => {
  const plan = planOf(directory)
  const [machine] = plan.machines
  if (machine === undefined) throw new TypeError('the lab has one machine')
  return { plan, machine }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'repave-lab-power-'))
  await ensureLabPackages(() => undefined)
  const { plan, machine } = ofLab()
  await manufactureMachine(machine)
  await createNamespace(plan)
}, 120_000)
afterAll(async () => {
  await removeNamespace(ofLab().plan, 5000)
  await rm(directory, { recursive: true })
})

describe('machines of the lab', () => {
  it('are not switched on where the lab is down', async () => {
    const plan = planOf(join(directory, 'elsewhere'))
    const [machine] = plan.machines
    await expect(bootMachine(plan, machine!, record)).rejects.toThrow(LabDownError)
  })

  it('stay off when they are, and a number that another process has by now is left alone', async () => {
    const { plan, machine } = ofLab()
    await cutPower(plan, machine)
    await writeFile(join(machine.directory, 'qemu.pid'), `${process.pid}\n`)
    await cutPower(plan, machine)
    expect(await isPoweredOn(machine)).toBe(false)
  })

  it('are switched on, off, and reset with the disk they have or with an empty one', async () => {
    const { plan, machine } = ofLab()
    await bootMachine(plan, machine, record)
    const first = await readPid(machine)
    await bootMachine(plan, machine, record)
    expect(await readPid(machine)).toBe(first)
    await cutPower(plan, machine)
    expect(await isPoweredOn(machine)).toBe(false)

    await writeFile(diskFile(machine), 'an old system')
    await resetMachine(plan, machine, { record, isBlank: false })
    expect(await isPoweredOn(machine)).toBe(true)
    expect((await readFile(diskFile(machine))).subarray(0, 13).toString()).toBe('an old system')
    await resetMachine(plan, machine, { record, isBlank: true })
    expect(await isPoweredOn(machine)).toBe(true)
    expect((await stat(diskFile(machine))).size).toBe(machine.diskBytes)
    await cutPower(plan, machine)
  }, 60_000)

  it('have their serial lines listed beside the socket of the daemon', async () => {
    const { plan, machine } = ofLab()
    await mkdir(plan.daemonDirectory, { recursive: true })
    await writeConsoles(plan)
    const text = await readFile(join(plan.daemonDirectory, 'consoles.json'), 'utf8')
    const { macAddress } = machine
    expect(JSON.parse(text)).toEqual({ consoles: [{ macAddress, logFile: serialLog(machine) }] })
  })
})
