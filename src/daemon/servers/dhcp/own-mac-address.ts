import { type MacAddress, readMacAddress } from '../../../base/mac-address.ts'
import { interfacesNow } from './interfaces-now.ts'

/** Of the card; undefined while it has no carrier. */
export function ownMacAddress(interfaceName: string): MacAddress | undefined {
  return readMacAddress(interfacesNow()[interfaceName]?.[0]?.mac ?? '')
}
