import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { ensureDebianPackages } from '../debian/ensure-debian-packages.ts'
import { chooseAccelerator } from './accelerator.ts'
import { forgetMachines, startDaemon } from './lab-daemon.ts'
import { manufactureMachine, powerOn } from './lab-machine.ts'
import type { LabPlan, LabSize } from './lab-plan.ts'
import { writeConsoles, writeLabRecord } from './lab-record.ts'
import { createNamespace, removeNamespace } from './namespace.ts'
import type { Accelerator } from './qemu-arguments.ts'

/** What a lab runs on: the machines' firmware and emulator, and the daemon's boot loaders. */
export const labPackages = [
  'grub-efi-amd64-signed',
  'iproute2',
  'ipxe',
  'ipxe-qemu',
  'ovmf',
  'qemu-system-x86',
  'seabios',
  'shim-signed',
]

export const sledgehammerDirectory = (plan: LabPlan) => join(plan.daemonDirectory, 'sledgehammer')

export interface LabOptions {
  readonly size: LabSize
  readonly log: (line: string) => void
}

/** Installs what is missing. @throws {DebianPackagesMissingError} when something is and we are not root */
export async function ensureLabPackages(log: (line: string) => void): Promise<void> {
  await ensureDebianPackages(labPackages, { log })
}

/**
 * Starts the lab's network and daemon, with new machines that are still off. A lab that was up in that
 * folder is taken down first. Sledgehammer must have been built: the lab has no uplink to build it.
 */
export async function raiseLab(plan: LabPlan, options: LabOptions): Promise<Accelerator> {
  await removeNamespace(plan, 10_000)
  await mkdir(plan.directory, { recursive: true })
  await forgetMachines(plan)
  await Promise.all(plan.machines.map(manufactureMachine))
  const accelerator = await chooseAccelerator(join(sledgehammerDirectory(plan), 'vmlinuz'))
  await writeLabRecord(plan, { size: options.size, accelerator })
  await writeConsoles(plan)
  await createNamespace(plan)
  await startDaemon(plan)
  options.log(
    `lab ${plan.directory}: ${plan.machines.length} machines, ${accelerator.toUpperCase()}, daemon at ${plan.daemonAddress}`,
  )
  return accelerator
}

export async function powerOnAll(plan: LabPlan, accelerator: Accelerator): Promise<void> {
  for (const machine of plan.machines) await powerOn(plan, machine, accelerator)
}
