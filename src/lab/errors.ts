import { CodedError } from '../base/coded-error.ts'

/** A step of the tour, itself a `repave` command, ended with another code than 0. */
export class LabStepError extends CodedError {
  readonly code = 'ERR_LAB_STEP'
  readonly command: string
  readonly exitCode: number

  constructor(args: readonly string[], exitCode: number) {
    const command = `repave ${args.join(' ')}`
    super(`${command} ended with code ${exitCode}`, {
      remedy: 'its own message stands above; run it by itself to see more',
    })
    this.command = command
    this.exitCode = exitCode
  }
}

/** The lab has no machine of that name. */
export class LabMachineNotFoundError extends CodedError {
  readonly code = 'ERR_LAB_MACHINE_NOT_FOUND'
  readonly machineName: string

  constructor(machineName: string, names: readonly string[]) {
    super(`no machine ${machineName} in this lab`, { remedy: `one of: ${names.join(', ')}` })
    this.machineName = machineName
  }
}

/** The lab is there, and its network is not: somebody has taken it down, or the host has started anew. */
export class LabDownError extends CodedError {
  readonly code = 'ERR_LAB_DOWN'
  readonly directory: string

  constructor(directory: string) {
    super(`the lab in ${directory} is down`, {
      remedy: 'repave lab up, which makes its machines anew',
    })
    this.directory = directory
  }
}
