import { networkInterfaces } from 'node:os'

import { type MacAddress, readMacAddress } from '../../../base/mac-address.ts'

/** Of the card; undefined while it has no carrier. */
export function ownMacAddress(interfaceName: string): MacAddress | undefined {
  return readMacAddress(networkInterfaces()[interfaceName]?.[0]?.mac ?? '')
}
