import { answers } from './lab-daemon.ts'
import { isPoweredOn } from './lab-machine.ts'
import type { LabPlan } from './lab-plan.ts'
import type { LabRecord } from './lab-record.ts'
import { namespaceExists } from './namespace.ts'
import { serialLog } from './qemu-arguments.ts'

/** The lab in a few lines, for people. */
export async function describeLab(plan: LabPlan, record: LabRecord): Promise<string[]> {
  const network = (await namespaceExists(plan)) ? plan.namespace : 'absent'
  const daemon = (await answers(plan.socketPath)) ? plan.socketPath : 'not running'
  const machines = await Promise.all(
    plan.machines.map(async (machine) => {
      const power = (await isPoweredOn(machine)) ? 'on ' : 'off'
      return `machine    ${machine.name.padEnd(8)} ${power}  ${machine.macAddress}  ${serialLog(machine)}`
    }),
  )
  return [
    `folder     ${plan.directory}`,
    `namespace  ${network}`,
    `daemon     ${daemon}`,
    `processor  ${record.accelerator === 'kvm' ? 'KVM' : 'emulated (TCG)'}`,
    ...machines,
  ]
}
