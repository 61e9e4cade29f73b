import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CodedError } from '../base/coded-error.ts'
import { type Consoles, consolesFileName } from '../contract/consoles.ts'
import { type LabPlan, type LabSize, planLab } from './lab-plan.ts'
import { type Accelerator, serialLog } from './qemu-arguments.ts'

/** What `lab up` decided and the other verbs need to know: `lab.json` in the lab's folder. */
export interface LabRecord {
  readonly size: LabSize
  readonly accelerator: Accelerator
}

/** There is no lab in that folder. */
export class LabNotFoundError extends CodedError {
  readonly code = 'ERR_LAB_NOT_FOUND'
  readonly directory: string

  constructor(directory: string, cause: unknown) {
    super(`there is no lab in ${directory}`, { cause, remedy: 'repave lab up' })
    this.directory = directory
  }
}

const recordFile = (directory: string) => join(directory, 'lab.json')

export async function writeLabRecord(plan: LabPlan, record: LabRecord): Promise<void> {
  await writeFile(recordFile(plan.directory), `${JSON.stringify(record, undefined, 2)}\n`)
}

/** So that `repave machine console` finds the serial lines. */
export async function writeConsoles({ daemonDirectory, machines }: LabPlan): Promise<void> {
  const consoles: Consoles = {
    consoles: machines.map((machine) => ({
      macAddress: machine.macAddress,
      logFile: serialLog(machine),
    })),
  }
  await writeFile(join(daemonDirectory, consolesFileName), `${JSON.stringify(consoles)}\n`)
}

/** @throws {LabNotFoundError} when the folder holds no readable lab */
export async function readLab(directory: string): Promise<{ plan: LabPlan; record: LabRecord }> {
  try {
    const record = JSON.parse(await readFile(recordFile(directory), 'utf8')) as LabRecord
    return { plan: planLab(directory, record.size), record }
  } catch (error) {
    throw new LabNotFoundError(directory, error)
  }
}
