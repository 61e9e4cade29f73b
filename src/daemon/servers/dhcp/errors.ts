import { CodedError } from '../../../base/coded-error.ts'
import type { Ipv4Address } from '../../../base/ipv4-address.ts'
import type { PortHolder } from '../port-holder.ts'

/** There is no interface of that name. */
export class InterfaceMissingError extends CodedError {
  readonly code = 'ERR_DHCP_INTERFACE_MISSING'
  readonly interfaceName: string

  constructor(interfaceName: string, known: readonly string[]) {
    super(`there is no network interface ${interfaceName}`, {
      remedy: `Choose one of: ${known.join(', ')}.`,
    })
    this.interfaceName = interfaceName
  }
}

/** The interface does not have the address that clients would be told to talk to. */
export class AddressMissingError extends CodedError {
  readonly code = 'ERR_DHCP_ADDRESS_MISSING'
  readonly interfaceName: string
  readonly address: Ipv4Address

  constructor(interfaceName: string, address: Ipv4Address, prefixLength: number) {
    super(`${interfaceName} does not have the address ${address}`, {
      remedy: `Add it: ip address add ${address}/${prefixLength} dev ${interfaceName}`,
    })
    this.interfaceName = interfaceName
    this.address = address
  }
}

/** Somebody else listens on the DHCP port of this interface. */
export class PortTakenError extends CodedError {
  readonly code = 'ERR_DHCP_PORT_TAKEN'
  readonly port: number
  /** Absent where /proc does not say. */
  readonly holder: PortHolder | undefined

  constructor(port: number, holder: PortHolder | undefined) {
    const who =
      holder === undefined ? 'another program' : `${holder.program} (process ${holder.processId})`
    super(`port ${port}/udp is taken by ${who}`, {
      remedy: `Stop ${who}: two DHCP servers on one network give out the same addresses.`,
    })
    this.port = port
    this.holder = holder
  }

  override shouldRetry(): boolean {
    return true
  }
}

/** The operating system refuses a socket that is tied to one interface. */
export class DeviceSocketError extends CodedError {
  readonly code = 'ERR_DHCP_SOCKET'
  /** Of the system call, such as `EPERM`; empty when there was none. */
  readonly systemCode: string

  constructor(step: string, systemCode: string, cause?: unknown) {
    super(`cannot ${step}${systemCode === '' ? '' : `: ${systemCode}`}`, {
      cause,
      remedy:
        systemCode === 'EPERM' || systemCode === 'EACCES'
          ? 'The DHCP port and a socket tied to an interface need root, or CAP_NET_BIND_SERVICE and CAP_NET_RAW.'
          : '',
    })
    this.systemCode = systemCode
  }
}
