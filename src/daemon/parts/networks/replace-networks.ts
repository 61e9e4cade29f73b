import { CodedError } from '../../../base/coded-error.ts'
import type { DaemonConfig } from '../../configuration/config.ts'
import { hostInterfaces } from '../../configuration/network-interfaces.ts'
import type { NetworkDesk } from '../../domain/lease/network-desk.ts'
import type { Subnet } from '../../domain/lease/subnet.ts'
import type { DhcpInterface } from '../../servers/dhcp/dhcp-server.ts'
import { dhcpNetworks } from './dhcp-networks.ts'

/** A subnet that came while we run needs an interface; which are listened on is settled at the start. */
export class InterfaceNotServedError extends CodedError {
  readonly code = 'ERR_DHCP_INTERFACE_NOT_SERVED'
  readonly interfaceName: string

  constructor({ interfaceName, address }: DhcpInterface) {
    super(`a subnet needs ${interfaceName} with ${address}, where nothing is listened on yet`, {
      remedy: 'restart the daemon: it opens its interfaces at the start',
    })
    this.interfaceName = interfaceName
  }
}

/**
 * Takes other subnets into service, on the interfaces that are listened on since the start.
 *
 * The function returned throws {@link InterfaceNotServedError} and whatever {@link dhcpNetworks} and
 * {@link NetworkDesk.replaceSubnets} throw; what was served before then still is.
 */
export function networkReplacement(
  config: DaemonConfig,
  atStart: readonly Subnet[],
  networks: Pick<NetworkDesk, 'replaceSubnets'>,
): (subnets: readonly Subnet[]) => Promise<void> {
  if (config.dhcp.mode === 'off') return async () => {}
  const { interfaces } = dhcpNetworks(config, atStart, hostInterfaces())
  return async (fromContent) => {
    const wanted = dhcpNetworks(config, fromContent, hostInterfaces())
    const unserved = wanted.interfaces.find((one) => !isAmong(one, interfaces))
    if (unserved !== undefined) throw new InterfaceNotServedError(unserved)
    await networks.replaceSubnets(wanted.subnets)
  }
}

function isAmong(one: DhcpInterface, interfaces: readonly DhcpInterface[]): boolean {
  return interfaces.some(
    ({ interfaceName, address, prefixLength }) =>
      interfaceName === one.interfaceName &&
      address === one.address &&
      prefixLength === one.prefixLength,
  )
}
