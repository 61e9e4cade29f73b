import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { LabDownError } from './errors.ts'
import { manufactureMachine, pidFile, powerOn, readPid } from './lab-machine.ts'
import type { LabMachine, LabPlan } from './lab-plan.ts'
import type { LabRecord } from './lab-record.ts'
import { namespaceExists, namespaceProcesses } from './namespace.ts'

/** How long QEMU may take to end before it is killed. */
const graceMs = 5_000

/** Switches a machine of a lab that is up on; one that is on stays on. @throws {LabDownError} */
export async function bootMachine(
  plan: LabPlan,
  machine: LabMachine,
  { accelerator }: LabRecord,
): Promise<void> {
  if (!(await namespaceExists(plan))) throw new LabDownError(plan.directory)
  await powerOn(plan, machine, accelerator)
}

/** Takes its power away, in the middle of whatever it does; one that is off stays off. */
export async function cutPower(plan: LabPlan, machine: LabMachine): Promise<void> {
  const pid = await readPid(machine)
  const runs = async () => (await namespaceExists(plan)) && (await inLab(plan, pid))
  const deadline = performance.now() + graceMs
  let signal: NodeJS.Signals | undefined = 'SIGTERM'
  while (await runs()) {
    if (signal !== undefined) process.kill(pid, signal)
    const isLate = performance.now() > deadline
    signal = isLate ? 'SIGKILL' : undefined
    await sleep(50)
  }
  await rm(pidFile(machine), { force: true })
}

/** The number may long be another process's; what runs in the lab's namespace is the lab's. */
async function inLab(plan: LabPlan, pid: number): Promise<boolean> {
  return (await namespaceProcesses(plan)).includes(pid)
}

/** Off and on again. `isBlank`: in between it becomes what it was new, with an empty disk and no log. */
export async function resetMachine(
  plan: LabPlan,
  machine: LabMachine,
  { record, isBlank }: { readonly record: LabRecord; readonly isBlank: boolean },
): Promise<void> {
  await cutPower(plan, machine)
  if (isBlank) await manufactureMachine(machine)
  await bootMachine(plan, machine, record)
}
