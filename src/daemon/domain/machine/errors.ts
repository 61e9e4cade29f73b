import { CodedError } from '../../../base/coded-error.ts'

export class MachineNotFoundError extends CodedError {
  readonly code = 'ERR_MACHINE_NOT_FOUND'
  readonly reference: string

  constructor(reference: string) {
    super(`there is no machine ${reference}`, {
      remedy: 'give an id, a name or a MAC address; `repave machine list` shows them',
    })
    this.reference = reference
  }
}

export class MachineExistsError extends CodedError {
  readonly code = 'ERR_MACHINE_EXISTS'
  readonly machineName: string

  constructor(taken: string, machineName: string) {
    super(`${taken} belongs to machine ${machineName}`, {
      remedy: 'choose another name, or use the machine that exists',
    })
    this.machineName = machineName
  }
}

export class MacAddressInvalidError extends CodedError {
  readonly code = 'ERR_MAC_ADDRESS_INVALID'

  constructor(text: string) {
    super(`not a MAC address: ${text.slice(0, 40)}`, { remedy: 'write it as 52:54:00:aa:bb:01' })
  }
}

/** Nobody can say which machine this is; it is neither written nor given anything. */
export class MachineInConflictError extends CodedError {
  readonly code = 'ERR_MACHINE_IN_CONFLICT'

  /** `rival`: the machine in conflict, where it is another. */
  constructor(machineName: string, because: string, rival = machineName) {
    super(`the identity of ${machineName} is in doubt: ${because}`, {
      remedy: `repave machine merge ${rival}, when it is the machine on record; repave machine split ${rival}, when it is another`,
    })
  }
}

export class MachineNotApprovedError extends CodedError {
  readonly code = 'ERR_MACHINE_NOT_APPROVED'

  constructor(machineName: string) {
    super(`${machineName} is new, and nobody has said that it may be used`, {
      remedy: `repave machine approve ${machineName}`,
    })
  }
}

export class MachineRetiredError extends CodedError {
  readonly code = 'ERR_MACHINE_RETIRED'

  constructor(machineName: string) {
    super(`${machineName} is out of use`, { remedy: `repave machine reinstate ${machineName}` })
  }
}

/** The verb does not fit what the machine is; nothing was changed. */
export class MachineVerbUnfitError extends CodedError {
  readonly code = 'ERR_MACHINE_VERB_UNFIT'

  constructor(message: string, remedy: string) {
    super(message, { remedy })
  }
}

/** A machine would have more labels than one may have; nothing was changed. */
export class LabelsInvalidError extends CodedError {
  readonly code = 'ERR_LABELS_INVALID'

  constructor(machineName: string, reason: string) {
    super(`the labels of ${machineName} cannot be so: ${reason}`, {
      remedy: `repave machine set ${machineName} --label NAME= takes one away`,
    })
  }
}
