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
