import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { LabMachine, LabPlan } from './lab-plan.ts'
import { isRunning, startInNamespace } from './lab-process.ts'
import {
  type Accelerator,
  dataDiskFile,
  diskFile,
  firmwareVariables,
  ovmfFiles,
  qemuArguments,
} from './qemu-arguments.ts'

export const pidFile = (machine: LabMachine) => join(machine.directory, 'qemu.pid')

/** As it comes from the factory: an empty disk, firmware without memory, no log; a second disk is full. */
export async function manufactureMachine(machine: LabMachine): Promise<void> {
  await rm(machine.directory, { recursive: true, force: true })
  await mkdir(machine.directory, { recursive: true })
  await using disk = await open(diskFile(machine), 'w')
  await disk.truncate(machine.diskBytes)
  if (machine.dataDiskBytes !== undefined) {
    await writeFile(dataDiskFile(machine), randomBytes(machine.dataDiskBytes))
  }
  if (machine.firmware === 'uefi') {
    await copyFile(ovmfFiles(machine).variables, firmwareVariables(machine))
  }
}

/** Presses the power button; does nothing to a machine that is on. */
export async function powerOn(
  plan: LabPlan,
  machine: LabMachine,
  accelerator: Accelerator,
): Promise<void> {
  if (await isPoweredOn(machine)) return
  const command = ['qemu-system-x86_64', ...qemuArguments(machine, accelerator)]
  const pid = await startInNamespace(plan, command, join(machine.directory, 'qemu.log'))
  await writeFile(pidFile(machine), `${pid}\n`)
}

export async function isPoweredOn(machine: LabMachine): Promise<boolean> {
  const pid = await readPid(machine)
  return pid > 0 && isRunning(pid)
}

/** Of the QEMU that was started last; 0 where none was. */
export async function readPid(machine: LabMachine): Promise<number> {
  return Number(await readFile(pidFile(machine), 'utf8').catch(() => '0'))
}
