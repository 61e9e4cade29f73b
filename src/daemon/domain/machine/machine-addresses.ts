import type { MacAddress } from '../../../base/mac-address.ts'
import type { Inventory, Machine } from '../../../contract/machine.ts'

/**
 * The machine's addresses with those of its inventory added, the one it boots from first. An address
 * that another machine has stays with that one: an agent's word moves nothing away from anybody.
 */
export function addressesWith(
  machine: Machine,
  bootedFrom: MacAddress,
  inventory: Inventory,
  ownerOf: (address: MacAddress) => string | undefined,
): MacAddress[] {
  const found = inventory.networkInterfaces
    .map(({ macAddress }) => macAddress)
    .filter((address) => address !== '00:00:00:00:00:00')
    .filter((address) => (ownerOf(address) ?? machine.id) === machine.id)
  return [...new Set([bootedFrom, ...machine.macAddresses, ...found])]
}
